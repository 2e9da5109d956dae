-- List the failed attempts of job $1, oldest first.
select attempt, epoch, worker, started_at, ended_at, cause, error
from /* SCHEMA */attempt
where job = $1
order by epoch
