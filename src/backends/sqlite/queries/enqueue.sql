-- Queue each job of given_jobs.
insert into live (id, domain, task, node, priority, state, flags, max_attempts, run_at)
select id, domain, task, node, priority, 1, flags, max_attempts, run_at
from given_jobs
