-- Count how jobs ended at ?1 or later; look at the newest ?2 at most.
select state, coalesce(cause, ''), count(*)
from (select state, cause from finished indexed by finished_at
      where finished_at >= ?1 order by finished_at desc limit ?2)
group by state, cause
order by count(*) desc
