-- Drop all that the migrations made, and the schema if nothing else is in it.
do $$
declare
  routine regprocedure;
begin
  drop view if exists /* SCHEMA */jobs, /* SCHEMA */tasks, /* SCHEMA */workers cascade;
  drop view if exists /* SCHEMA */job_record;
  -- Whatever arguments they have in this version.
  for routine in
    select pg_proc.oid from pg_proc
    where pronamespace = (select oid from pg_namespace where nspname = trim('"' from '/* SCHEMA_NAME */'))
      and proname in ('reserve_job_ids', 'make_partition', 'drop_empty_partitions',
        'sql_interface_version', 'wake_channel', 'shown', 'duration_seconds', 'moment_of',
        'type_problem', 'argument_problem', 'checked_arguments', 'option_ms', 'option_integer',
        'option_text', 'option_tags', 'take_attachments', 'enqueue', 'insert_job', 'job_state',
        'abort_job', 'retry_job', 'explain_job')
  loop
    execute format('drop routine %s cascade', routine);
  end loop;
  drop table if exists /* SCHEMA */job, /* SCHEMA */live, /* SCHEMA */finished, /* SCHEMA */attempt,
    /* SCHEMA */attachment, /* SCHEMA */idempotency, /* SCHEMA */log, /* SCHEMA */worker,
    /* SCHEMA */task, /* SCHEMA */freshness, /* SCHEMA */migration;
  drop sequence if exists /* SCHEMA */job_id, /* SCHEMA */worker_id;
  begin
    drop schema if exists /* SCHEMA_NAME */;
  exception when dependent_objects_still_exist then
    null;  -- somebody else's tables stay
  end;
end $$
