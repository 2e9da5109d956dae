-- End job $1 if no worker has it: $2 now (null: the server's), $3 message.
with gone as (
  delete from /* SCHEMA */live where id = $1 and state in (1, 2) returning live.*
)
insert into /* SCHEMA */finished (id, epoch, run_at, finished_at, started_at, worker, attempts,
                                  interruptions, crashes, progress, failures, state, domain, cause,
                                  progress_message, error)
select id, epoch, run_at, coalesce($2, statement_timestamp()), started_at, worker, attempts,
       interruptions, crashes, progress, failures, 6, domain, 'aborted', progress_message,
       case when $3::text is null then error else
         json_build_object('type', 'Aborted', 'message', $3::text, 'causes', '[]'::json) end
from gone
