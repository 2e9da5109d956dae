-- Let a role read everything, arguments, outputs and logs included, and change nothing.
grant usage on schema /* SCHEMA_NAME */ to /* ROLE */;
grant select on /* SCHEMA */migration, /* SCHEMA */job, /* SCHEMA */live, /* SCHEMA */finished,
  /* SCHEMA */attempt, /* SCHEMA */attachment, /* SCHEMA */idempotency, /* SCHEMA */log,
  /* SCHEMA */worker, /* SCHEMA */task, /* SCHEMA */freshness, /* SCHEMA */job_record,
  /* SCHEMA */jobs, /* SCHEMA */tasks, /* SCHEMA */workers,
  /* SCHEMA */one_instance_lock, /* SCHEMA */one_instance_audit, /* SCHEMA */liveness to /* ROLE */;
grant execute on function /* SCHEMA */job_state(bigint), /* SCHEMA */explain_job(bigint),
  /* SCHEMA */sql_interface_version() to /* ROLE */;
