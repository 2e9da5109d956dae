-- Count the jobs that are due at ?1 by what a worker must be to take them; look at ?2 at most.
select domain, task, node, count(*), min(run_at)
from (select domain, task, node, run_at from live where state = 1 and run_at <= ?1 limit ?2)
group by domain, task, node
order by count(*) desc, domain, task
