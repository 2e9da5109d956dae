-- Let a role do all that workers, operators and programs that enqueue by the library do. It can make
-- and drop nothing but partitions of jobs.
grant usage on schema /* SCHEMA_NAME */ to /* ROLE */;
grant select on /* SCHEMA */migration, /* SCHEMA */job_record, /* SCHEMA */jobs, /* SCHEMA */tasks,
  /* SCHEMA */workers to /* ROLE */;
grant select, insert, update, delete on /* SCHEMA */job, /* SCHEMA */live, /* SCHEMA */finished,
  /* SCHEMA */attempt, /* SCHEMA */attachment, /* SCHEMA */idempotency, /* SCHEMA */log,
  /* SCHEMA */worker, /* SCHEMA */task, /* SCHEMA */freshness to /* ROLE */;
grant usage, select on sequence /* SCHEMA */job_id, /* SCHEMA */worker_id to /* ROLE */;
grant execute on function /* SCHEMA */reserve_job_ids(integer), /* SCHEMA */make_partition(bigint),
  /* SCHEMA */drop_empty_partitions(), /* SCHEMA */enqueue(text, jsonb, jsonb),
  /* SCHEMA */job_state(bigint), /* SCHEMA */abort_job(bigint, text),
  /* SCHEMA */retry_job(bigint), /* SCHEMA */explain_job(bigint),
  /* SCHEMA */sql_interface_version() to /* ROLE */;
grant execute on procedure /* SCHEMA */insert_job(text, text, integer, json, bigint, text)
  to /* ROLE */;
