-- Read all that is known of job $1.
select id, task, state, domain, node, priority, args, metadata, tags, idempotency_key, attempts,
       failures, crashes, interruptions, max_attempts, timeout_ms, epoch, created_at, run_at,
       started_at, finished_at, worker, progress, progress_message, cause, error, output, abort_at,
       statement_timestamp()
from /* SCHEMA */job_record
where id = $1 and state is not null
