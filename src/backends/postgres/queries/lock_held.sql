-- Hold what worker $1 is executing as it is, before its own row is locked: an exchange locks the jobs
-- that it completes first and the worker that it claims for last, and would wait for us as we for it.
select from /* SCHEMA */live where worker = $1 and state = 3 order by id for update
