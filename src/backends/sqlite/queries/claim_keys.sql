-- Give job ?2 the idempotency key ?1 at ?3.
insert into idempotency (key, job, created_at) values (?1, ?2, ?3)
