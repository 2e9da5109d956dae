-- End executions that may not be the job's end: $1 now (null: the server's), $2 ids, growing,
-- $3 epochs, $4 outcomes (1 failed, 2 rejected, 3 snoozed, 4 interrupted, 5 aborted, 6 crashed; 0 done),
-- $5 started, $6 microseconds from start to end, $7 from end to now, $8 delays in ms, $9 causes,
-- $10 errors, $11 outputs, $12 lone crashes at most. Returns id, epoch, the state the job has now and its domain, of those
-- that still had this epoch.
with held as materialized (
  select live.*, ($4::smallint[])[place.number] as outcome,
         ($5::boolean[])[place.number] as started,
         case when ($4::smallint[])[place.number] = 6 and live.lone_crashes + 1 >= $12
              then 'crash limit' else ($9::text[])[place.number] end as new_cause,
         ($10::text[])[place.number] as new_error,
         ($11::text[])[place.number] as output,
         ($8::bigint[])[place.number] * interval '1 millisecond' as delay,
         coalesce($1, statement_timestamp()) as now,
         coalesce($1, statement_timestamp())
           - ($7::bigint[])[place.number] * interval '1 microsecond' as ended_at,
         case when ($5::boolean[])[place.number] then
           coalesce(live.started_at, coalesce($1, statement_timestamp())
             - (($6::bigint[])[place.number] + ($7::bigint[])[place.number])
               * interval '1 microsecond')
         end as began_at
  from /* SCHEMA */live
  -- A job's place in the arrays, by bisection: no join whose plan could be bad.
  cross join lateral (select width_bucket(live.id, $2::bigint[]) as number offset 0) as place
  where live.id = any($2::bigint[]) and live.state = 3
    and live.epoch = ($3::bigint[])[place.number]
  for update of live
), decided as materialized (
  select held.*,
         held.attempts + (held.started and (held.outcome <> 3 or held.abort_at is not null))::integer
           as attempts_now,
         (held.failures + (held.outcome in (1, 2))::integer)::smallint as failures_now,
         held.interruptions + (held.outcome = 4)::integer as interruptions_now,
         held.crashes + (held.outcome = 6)::integer as crashes_now,
         case
           when held.outcome = 0 then 4
           when held.outcome = 2 then 5
           when held.outcome = 5 or held.abort_at is not null then 6
           when held.outcome = 1 and held.failures + 1 >= held.max_attempts then 5
           when held.outcome = 6
             and (held.new_cause = 'crash limit' or held.flags & 1 <> 0) then 5
           else 1
         end::smallint as state_now
  from held
), gone as (
  delete from /* SCHEMA */live
  where id = any(array(select id from decided where state_now <> 1))
), ends as (
  insert into /* SCHEMA */finished (id, epoch, run_at, finished_at, started_at, worker, attempts,
                                    interruptions, crashes, progress, failures, state, domain,
                                    cause, progress_message, error, output)
  select id, epoch, run_at, ended_at, began_at, worker, attempts_now, interruptions_now, crashes_now,
         progress, failures_now, state_now, domain,
         case when state_now = 6 and outcome <> 5 then 'aborted'
              else coalesce(new_cause, case outcome when 5 then 'aborted' end, cause) end,
         progress_message,
         coalesce(
           case when state_now = 6 and (outcome <> 5 or new_error is null)
                     and abort_message is not null then
             json_build_object('type', 'Aborted', 'message', abort_message, 'causes', '[]'::json)
           end,
           new_error::json, error),
         output::json
  from decided
  where state_now <> 1
), again as (
  update /* SCHEMA */live
  set state = 1, worker = null, claim = null, attempts = decided.attempts_now,
      failures = decided.failures_now, interruptions = decided.interruptions_now,
      crashes = decided.crashes_now,
      lone_crashes = (live.lone_crashes + (decided.outcome = 6)::integer)::smallint,
      run_at = case when decided.outcome = 4 then live.run_at
                    else decided.now + decided.delay end,
      started_at = case when decided.outcome <> 3 then decided.began_at end,
      cause = coalesce(decided.new_cause, live.cause),
      error = coalesce(decided.new_error::json, live.error),
      progress = null, progress_message = null
  from decided
  where live.id = decided.id and decided.state_now = 1
), history as (
  insert into /* SCHEMA */attempt (job, epoch, worker, started_at, ended_at, attempt, cause, error)
  select id, epoch, worker, began_at, ended_at, attempts_now, coalesce(new_cause, 'error'),
         new_error::json
  from decided
  where outcome in (1, 2, 6)
  on conflict (job, epoch) do nothing
)
select id, epoch, state_now, domain from decided
