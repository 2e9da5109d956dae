-- Let a role ask for jobs, by the library and by SQL, and see what became of them, not what is in
-- them.
grant usage on schema /* SCHEMA_NAME */ to /* ROLE */;
grant select (version) on /* SCHEMA */migration to /* ROLE */;
grant select on /* SCHEMA */task to /* ROLE */;
grant insert on /* SCHEMA */job, /* SCHEMA */live, /* SCHEMA */attachment, /* SCHEMA */idempotency
  to /* ROLE */;
grant select (id, run_at, priority, flags, max_attempts, domain, task, node) on /* SCHEMA */job
  to /* ROLE */;
grant select (key, job) on /* SCHEMA */idempotency to /* ROLE */;
grant select (id, state, run_at, abort_at) on /* SCHEMA */live to /* ROLE */;
grant select (id, state) on /* SCHEMA */finished to /* ROLE */;
grant execute on function /* SCHEMA */reserve_job_ids(integer),
  /* SCHEMA */enqueue(text, jsonb, jsonb), /* SCHEMA */job_state(bigint),
  /* SCHEMA */sql_interface_version() to /* ROLE */;
grant execute on procedure /* SCHEMA */insert_job(text, text, integer, json, bigint, text)
  to /* ROLE */;
