-- Move a job that is done, in the transaction that mark_attempt.sql has marked by $1: $2 id,
-- $3 epoch, $4 microseconds from start to end, $5 output (null: none). One row if it had this epoch.
-- From now on the job's row is locked: whatever becomes of the client, the commit follows at once or the
-- server gives up.
with gone as (
  delete from /* SCHEMA */live
  where id = $2::bigint and epoch = $3::bigint and state >= 3
    and current_setting('stint.attempt', true) = $1::text
  returning id, epoch, run_at, started_at, worker, attempts, interruptions, crashes, progress,
            failures, domain, cause, progress_message, error
)
insert into /* SCHEMA */finished (id, epoch, run_at, finished_at, started_at, worker, attempts,
                                  interruptions, crashes, progress, failures, state, domain, cause,
                                  progress_message, error, output)
select id, epoch, run_at, statement_timestamp(),
       coalesce(started_at, statement_timestamp() - $4::bigint * interval '1 microsecond'), worker,
       attempts + 1, interruptions, crashes, progress, failures, 4, domain, cause, progress_message,
       error, $5::text::json
from gone
returning id, set_config('idle_in_transaction_session_timeout', '10s', true)
