-- Read the log of job $1 from line $2 on, at most $3 lines.
select number, attempt, level, at, line, source
from /* SCHEMA */log
where job = $1 and number >= $2
order by number
limit $3::integer
