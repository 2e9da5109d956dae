-- Move jobs that are done: $1 now (null: the server's), $2 ids, $3 epochs, $4 microseconds from
-- start to end, $5 from end to now, $6 outputs. Returns the ids and epochs of those that still had
-- this one.
with gone as (
  delete from /* SCHEMA */live
  using unnest($2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::text[])
    as ended (id, epoch, ran_us, before_us, output)
  where live.id = any($2::bigint[])
    and live.id = ended.id and live.epoch = ended.epoch and live.state = 3
  returning live.id, live.epoch, live.run_at, live.started_at, live.worker, live.attempts,
            live.interruptions, live.crashes, live.progress, live.failures, live.domain, live.cause,
            live.progress_message, live.error, ended.output,
            ended.ran_us * interval '1 microsecond' as ran,
            coalesce($1, statement_timestamp()) - ended.before_us * interval '1 microsecond'
              as finished_at
)
insert into /* SCHEMA */finished (id, epoch, run_at, finished_at, started_at, worker, attempts,
                                  interruptions, crashes, progress, failures, state, domain, cause,
                                  progress_message, error, output)
select id, epoch, run_at, finished_at, coalesce(started_at, finished_at - ran), worker,
       attempts + 1, interruptions, crashes, progress, failures, 4, domain, cause, progress_message,
       error, output::json
from gone
returning id, epoch
