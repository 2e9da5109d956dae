-- Drop all that the migrations made, and the schema if nothing else is in it.
do $$
declare
  name text;
begin
  -- Without cascade: what others have built on them is theirs, and is named by the error.
  drop view if exists /* SCHEMA */jobs, /* SCHEMA */tasks, /* SCHEMA */workers;
  drop view if exists /* SCHEMA */job_record;
  foreach name in array array[
    'reserve_job_ids(integer)', 'make_partition(bigint)', 'drop_empty_partitions()',
    'sql_interface_version()', 'wake_channel()', 'shown(jsonb)', 'duration_seconds(jsonb)',
    'moment_of(jsonb)', 'type_problem(text,jsonb,jsonb)', 'argument_problem(jsonb,jsonb)',
    'checked_arguments(text,jsonb,jsonb)', 'option_ms(text,text,jsonb)',
    'option_integer(text,text,jsonb,integer,integer)',
    'option_text(text,text,jsonb,text,integer,text)', 'option_tags(text,jsonb)',
    'check_json(text,text,jsonb)', 'take_attachments(jsonb,jsonb)', 'enqueue(text,jsonb,jsonb)',
    'insert_job(text,text,integer,json,bigint,text)', 'job_state(bigint)',
    'abort_job(bigint,text)', 'retry_job(bigint)', 'explain_job(bigint)',
    'fence_assert(text,bigint)', 'is_date_math(text)', 'reads_as_date_math(jsonb)',
    'is_open_date(jsonb,jsonb)', 'local_moment(timestamp,text,interval)',
    'date_math(text,timestamptz,text)', 'resolved_dates(text,jsonb,jsonb,timestamptz)',
    'queue_again(timestamptz,bigint[],bigint,bigint,smallint[])']
  loop
    execute format('drop routine if exists /* SCHEMA */%s', name);
  end loop;
  drop table if exists /* SCHEMA */job, /* SCHEMA */live, /* SCHEMA */finished, /* SCHEMA */attempt,
    /* SCHEMA */attachment, /* SCHEMA */idempotency, /* SCHEMA */log, /* SCHEMA */worker,
    /* SCHEMA */task, /* SCHEMA */freshness, /* SCHEMA */one_instance_lock,
    /* SCHEMA */one_instance_audit, /* SCHEMA */liveness, /* SCHEMA */migration;
  drop sequence if exists /* SCHEMA */job_id, /* SCHEMA */worker_id;
  begin
    drop schema if exists /* SCHEMA_NAME */;
  exception when dependent_objects_still_exist then
    null;  -- somebody else's tables stay
  end;
end $$
