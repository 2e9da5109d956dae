-- Drop all that the migrations made, and the schema if nothing else is in it.
do $$
begin
  drop view if exists /* SCHEMA */job_record;
  drop table if exists /* SCHEMA */job, /* SCHEMA */live, /* SCHEMA */finished, /* SCHEMA */attempt,
    /* SCHEMA */attachment, /* SCHEMA */idempotency, /* SCHEMA */log, /* SCHEMA */worker,
    /* SCHEMA */task, /* SCHEMA */freshness, /* SCHEMA */migration;
  drop sequence if exists /* SCHEMA */job_id, /* SCHEMA */worker_id;
  drop function if exists /* SCHEMA */reserve_job_ids(integer);
  drop function if exists /* SCHEMA */make_partition(bigint);
  drop function if exists /* SCHEMA */drop_empty_partitions();
  begin
    drop schema if exists /* SCHEMA_NAME */;
  exception when dependent_objects_still_exist then
    null;  -- somebody else's tables stay
  end;
end $$
