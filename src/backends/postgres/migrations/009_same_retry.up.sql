-- Programs of version 4 on keep working beside this one.
-- oldest-program: 4

-- A retry by SQL does what a retry by the library does: the rule stands here, for both of them. And where
-- else the functions and views differed from the library, they follow it.

create or replace function /* SCHEMA */sql_interface_version() returns integer
language sql immutable as 'select 3';

-- Queue jobs once more that have ended in one of these states; their ids are from `lowest` to `highest`,
-- which spares the partitions of other ids. Failures and crashes count from 0 again. The epoch grows, as
-- by every change of a job's fate. An abort is not what the next attempt has to be shown with; a failure
-- is. Bytes of an output that a failed attempt had set would stand in the way of the next one's. Workers
-- are woken by the caller. It runs with the rights of who calls it, so everybody may: roles that were
-- granted theirs before it came retry as they did.
create function /* SCHEMA */queue_again(now timestamptz, ids bigint[], lowest bigint, highest bigint,
                                        ends smallint[])
returns table (id bigint, domain text)
language plpgsql set search_path = pg_catalog, pg_temp set plan_cache_mode = force_custom_plan as $$
#variable_conflict use_column
begin
  return query
  with gone as (
    delete from /* SCHEMA */finished
    where id = any(ids) and id between lowest and highest and state = any(ends)
    returning id, epoch, started_at, attempts, interruptions, state, cause, error
  ), outputs as (
    delete from /* SCHEMA */attachment where kind = 2 and job = any(array(select id from gone))
  )
  insert into /* SCHEMA */live (id, epoch, run_at, started_at, attempts, interruptions, priority,
                                state, flags, max_attempts, domain, task, node, cause, error)
  select gone.id, gone.epoch + 1, coalesce(now, statement_timestamp()), gone.started_at,
         gone.attempts, gone.interruptions, job.priority, 1, job.flags, job.max_attempts, job.domain,
         job.task, job.node, case when gone.state <> 6 then gone.cause end,
         case when gone.state <> 6 then gone.error end
  from gone
  join /* SCHEMA */job on job.id = gone.id and job.id between lowest and highest
  returning id, domain;
end $$;

-- Try a job again: one that failed or was aborted is queued anew, with all its attempts; one that
-- waits for its time is due now. Returns its state then; null: there is no such job. A job that runs
-- or is done is left alone, and not waited for.
create or replace function /* SCHEMA */retry_job(job_id bigint) returns text
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  queued_in text;
begin
  update /* SCHEMA */live set run_at = statement_timestamp()
  where id = job_id and state = 1 and run_at > statement_timestamp()
  returning domain into queued_in;
  if not found then
    select again.domain into queued_in
    from /* SCHEMA */queue_again(null, array[job_id], job_id, job_id, '{5,6}') as again;
  end if;
  if queued_in is not null then
    perform pg_notify(/* SCHEMA */wake_channel(), queued_in);
  end if;
  return /* SCHEMA */job_state(job_id);
end $$;

-- For reports. `state` is what the command line says: one that waits for a condition is blocked.
create or replace view /* SCHEMA */jobs as
select id, task,
       case state
         when 1 then case when run_at > statement_timestamp() then 'scheduled' else 'queued' end
         when 2 then 'blocked'
         when 3 then case when abort_at is not null then 'aborting' else 'running' end
         when 4 then 'done'
         when 5 then 'failed'
         when 6 then 'aborted'
       end as state, domain, node, priority,
       args, metadata, tags, idempotency_key, attempts, failures, crashes, interruptions,
       max_attempts, timeout_ms, created_at, run_at, started_at, finished_at, worker, progress,
       progress_message, cause, error, output
from /* SCHEMA */job_record;

-- Refuse what a program could not read: the reserved key, numbers beyond a double, nesting deeper than
-- 64, and in metadata a traceparent of another form than W3C Trace Context has.
create or replace function /* SCHEMA */check_json(task text, what text, value jsonb) returns void
language plpgsql immutable set search_path = pg_catalog, pg_temp as $$
declare
  trace text := value ->> 'traceparent';
begin
  -- As text: a string's own quotes are escaped, so that only a key is followed by this.
  if value::text like '%"$stint.bytes":%' then
    raise exception 'task "%": %: the key "$stint.bytes" is reserved', task, what
      using errcode = 'invalid_parameter_value';
  end if;
  if jsonb_path_exists(value, '$.** ? (@.type() == "number" && (@ > 1.7e308 || @ < -1.7e308))') then
    raise exception 'task "%": %: a number is out of range', task, what
      using errcode = 'invalid_parameter_value';
  end if;
  if jsonb_path_exists(value, '$.**{64 to last}') then
    raise exception 'task "%": %: nested deeper than 64', task, what
      using errcode = 'invalid_parameter_value';
  end if;
  if what = 'metadata' and trace is not null and (
    jsonb_typeof(value -> 'traceparent') <> 'string' or octet_length(trace) > 512
    or trace like '00%' and octet_length(trace) > 55  -- a later version may say more behind that
    or trace !~ '^(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(-[!-~]*)?$'
  ) then
    raise exception 'task "%": metadata: the traceparent % has not the form of W3C Trace Context, '
      '00-TRACE-PARENT-FLAGS, of 32, 16 and 2 digits 0-9a-f, neither of the first two all 0', task,
      /* SCHEMA */shown(value -> 'traceparent')
      using errcode = 'invalid_parameter_value', column = 'metadata';
  end if;
end $$;
