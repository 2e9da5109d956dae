-- Give all that is Stint's to a role: it migrates and grants from then on.
do $$
declare
  name text;
begin
  foreach name in array array['migration', 'job', 'live', 'finished', 'attempt', 'attachment',
    'idempotency', 'log', 'worker', 'task', 'freshness', 'job_record', 'jobs', 'tasks', 'workers',
    'job_id', 'worker_id', 'one_instance_lock', 'one_instance_audit', 'liveness']
  loop
    -- This form takes views and sequences too.
    execute format('alter table /* SCHEMA */%I owner to /* ROLE */', name);
  end loop;
  for name in
    select inhrelid::regclass::text from pg_inherits
    where inhparent in ('/* SCHEMA */job'::regclass, '/* SCHEMA */finished'::regclass)
  loop
    execute format('alter table %s owner to /* ROLE */', name);
  end loop;
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
    execute format('alter routine /* SCHEMA */%s owner to /* ROLE */', name);
  end loop;
end $$;
alter schema /* SCHEMA_NAME */ owner to /* ROLE */;
