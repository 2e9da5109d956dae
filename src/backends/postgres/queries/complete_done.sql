-- Move jobs that are done: $1 now (null: the server's), $2 ids, growing, $3 epochs, $4 intervals from
-- start to end, $5 from end to now, $6 outputs (null: none has one). Returns the ids and epochs of
-- those that still had this one.
-- A job's place in the arrays is found by bisection, so there is no join whose plan could be bad. The
-- condition `state >= 3` says running (there is nothing above), in a form that cannot draw the planner to
-- the index of running jobs: without statistics it read several times the rows.
with gone as (
  delete from /* SCHEMA */live
  where id = any($2::bigint[]) and state >= 3
    and epoch = ($3::bigint[])[width_bucket(id, $2::bigint[])]
  returning id, epoch, run_at, started_at, worker, attempts, interruptions, crashes, progress,
            failures, domain, cause, progress_message, error,
            width_bucket(id, $2::bigint[]) as place
), ends as (
  select gone.*,
         coalesce($1, statement_timestamp())
           - ($5::interval[])[gone.place] as finished_at
  from gone
)
insert into /* SCHEMA */finished (id, epoch, run_at, finished_at, started_at, worker, attempts,
                                  interruptions, crashes, progress, failures, state, domain, cause,
                                  progress_message, error, output)
select id, epoch, run_at, finished_at,
       coalesce(started_at, finished_at - ($4::interval[])[place]), worker,
       attempts + 1, interruptions, crashes, progress, failures, 4, domain, cause, progress_message,
       error, ($6::text[])[place]::json
from ends
returning id, epoch
