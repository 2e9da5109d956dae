-- Let a role ask for jobs by SQL and see what became of them, not what is in them. It may touch no
-- table: who may insert rows could write any.
grant usage on schema /* SCHEMA_NAME */ to /* ROLE */;
grant execute on function /* SCHEMA */enqueue(text, jsonb, jsonb), /* SCHEMA */job_state(bigint),
  /* SCHEMA */sql_interface_version() to /* ROLE */;
grant execute on procedure /* SCHEMA */insert_job(text, text, integer, json, bigint, text)
  to /* ROLE */;
