-- Count the lines of the logs of jobs $1. Returns job and count of those that have any.
select job, count(*) from /* SCHEMA */log where job = any($1::bigint[]) group by job
