-- Find the jobs that have the idempotency keys $1.
select key, job from /* SCHEMA */idempotency where key = any($1::text[])
