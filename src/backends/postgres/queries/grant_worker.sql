-- Let a role do all that workers, runners, operators and programs that enqueue by the library do. It
-- can make and drop nothing but partitions of jobs.
grant usage on schema /* SCHEMA_NAME */ to /* ROLE */;
grant select on /* SCHEMA */migration, /* SCHEMA */job_record, /* SCHEMA */jobs, /* SCHEMA */tasks,
  /* SCHEMA */workers to /* ROLE */;
grant select, insert, update, delete on /* SCHEMA */job, /* SCHEMA */live, /* SCHEMA */finished,
  /* SCHEMA */attempt, /* SCHEMA */attachment, /* SCHEMA */idempotency, /* SCHEMA */log,
  /* SCHEMA */worker, /* SCHEMA */task, /* SCHEMA */freshness to /* ROLE */;
-- Rows of locks stay, so that tokens grow; the audit is only added to.
grant select, insert, update on /* SCHEMA */one_instance_lock, /* SCHEMA */liveness to /* ROLE */;
grant select, insert on /* SCHEMA */one_instance_audit to /* ROLE */;
grant usage, select on sequence /* SCHEMA */job_id, /* SCHEMA */worker_id to /* ROLE */;
grant execute on function /* SCHEMA */reserve_job_ids(integer), /* SCHEMA */make_partition(bigint),
  /* SCHEMA */drop_empty_partitions(), /* SCHEMA */enqueue(text, jsonb, jsonb),
  /* SCHEMA */job_state(bigint), /* SCHEMA */abort_job(bigint, text),
  /* SCHEMA */queue_again(timestamptz, bigint[], bigint, bigint, smallint[]),
  /* SCHEMA */retry_job(bigint), /* SCHEMA */explain_job(bigint),
  /* SCHEMA */sql_interface_version(), /* SCHEMA */fence_assert(text, bigint) to /* ROLE */;
grant execute on procedure /* SCHEMA */insert_job(text, text, integer, json, bigint, text)
  to /* ROLE */;
