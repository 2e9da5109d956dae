-- Free the idempotency key of job ?1.
delete from idempotency where job = ?1
