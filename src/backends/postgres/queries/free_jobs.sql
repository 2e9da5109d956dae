-- Take the running jobs of worker $1 away from it, with the next epoch: $2 only those of this claim
-- (null: all), $3 whether the worker has to be out of service, $4 ids and $5 epochs of the jobs
-- that had begun, $6 whether that is known (if not, all had), $7 lone crashes at most, $8 now
-- (null: the server's). Jobs that had begun are charged with a crash: run_at 10 s x 2^crashes
-- later, at most 10 minutes, +-20 %; the others are given back as interrupted. Returns for each
-- job whether it was charged, its state now and its domain.
with held as materialized (
  select live.*, coalesce($8, statement_timestamp()) as now, charge.charged,
         charge.charged
           and (live.crashes > 0 or ($6 and cardinality($4::bigint[]) = 1)) as alone,
         case when charge.charged then
           coalesce(live.started_at, coalesce($8, statement_timestamp())) end as began_at
  from /* SCHEMA */live
  cross join lateral (
    select not $6::boolean or exists (
      select from unnest($4::bigint[], $5::bigint[]) as begun (id, epoch)
      where begun.id = live.id and begun.epoch = live.epoch) as charged
    offset 0
  ) as charge
  where live.worker = $1 and live.state = 3
    and ($2::bigint is null or live.claim = $2::bigint)
    and (not $3::boolean
         or exists (select from /* SCHEMA */worker where worker.id = $1 and worker.state <> 1))
  for update of live
), decided as materialized (
  select held.*,
         case when held.charged and held.lone_crashes + held.alone::integer >= $7 then 'crash limit'
              when held.charged then 'crash' end as new_cause,
         case when held.charged then
           json_build_object(
             'type', 'WorkerDied',
             'message', format('worker %s on %s (pid %s) died while it ran the job', worker.id,
                               worker.node, worker.pid),
             'causes', '[]'::json)
         end as new_error,
         case
           when held.abort_at is not null then 6
           when held.charged and held.lone_crashes + held.alone::integer >= $7 then 5
           when held.charged and held.flags & 1 <> 0 then 5
           else 1
         end::smallint as state_now
  from held
  join /* SCHEMA */worker on worker.id = $1
), gone as (
  delete from /* SCHEMA */live
  where id = any(array(select id from decided where state_now <> 1))
), ends as (
  insert into /* SCHEMA */finished (id, epoch, run_at, finished_at, started_at, worker, attempts,
                                    interruptions, crashes, progress, failures, state, domain,
                                    cause, progress_message, error)
  select id, epoch + 1, run_at, now, coalesce(began_at, started_at), worker,
         attempts + charged::integer,
         interruptions + (not charged)::integer, crashes + charged::integer, progress, failures,
         state_now, domain, case state_now when 6 then 'aborted' else new_cause end,
         progress_message,
         case when state_now = 6 and abort_message is not null then
           json_build_object('type', 'Aborted', 'message', abort_message, 'causes', '[]'::json)
         else coalesce(new_error, error) end
  from decided
  where state_now <> 1
), again as (
  update /* SCHEMA */live
  set state = 1, epoch = live.epoch + 1, worker = null, claim = null,
      attempts = live.attempts + decided.charged::integer,
      crashes = live.crashes + decided.charged::integer,
      lone_crashes = live.lone_crashes + decided.alone::integer,
      interruptions = live.interruptions + (not decided.charged)::integer,
      run_at = case when decided.charged then
          decided.now + least(10 * 2 ^ least(live.crashes, 10), 600)
                        * (0.8 + 0.4 * random()) * interval '1 second'
        else live.run_at end,
      started_at = coalesce(decided.began_at, live.started_at),
      cause = coalesce(decided.new_cause, live.cause),
      error = coalesce(decided.new_error, live.error),
      progress = null, progress_message = null
  from decided
  where live.id = decided.id and decided.state_now = 1
), history as (
  insert into /* SCHEMA */attempt (job, epoch, worker, started_at, ended_at, attempt, cause, error)
  select id, epoch, worker, began_at, now, attempts + 1, new_cause, new_error
  from decided
  where charged
  on conflict (job, epoch) do nothing
)
select charged, state_now, domain from decided
