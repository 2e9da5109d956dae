-- Find the job that has the idempotency key ?1.
select job from idempotency where key = ?1
