-- Let a role read everything, arguments, outputs and logs included, and change nothing.
grant usage on schema /* SCHEMA_NAME */ to /* ROLE */;
grant select on all tables in schema /* SCHEMA_NAME */ to /* ROLE */;
grant execute on function /* SCHEMA */job_state(bigint), /* SCHEMA */explain_job(bigint),
  /* SCHEMA */sql_interface_version() to /* ROLE */;
