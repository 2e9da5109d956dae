-- Read the log of job ?1 from line ?2 on, ?3 lines at most.
select number, attempt, level, at, line, source
from log
where job = ?1 and number >= ?2
order by number
limit ?3
