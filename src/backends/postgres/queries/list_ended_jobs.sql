-- List jobs that have ended, newest first: $1 now (null: the server's), $2 states,
-- stored or derived, $3 task, $4 domain, $5 tag, $6 created within so many ms (null: any), $7 ids
-- below this one, $8 at most so many, $9 look at so many at most (null: at
-- all), $10 ids from this one on.
select record.id, record.task, record.state, record.domain, record.node, record.priority,
       record.args, record.metadata, record.tags,
       record.idempotency_key, record.attempts, record.failures, record.crashes,
       record.interruptions, record.max_attempts, record.timeout_ms, record.epoch,
       record.created_at, record.run_at, record.started_at, record.finished_at, record.worker,
       record.progress, record.progress_message, record.cause, record.error, record.output,
       record.abort_at, statement_timestamp()
from (select id, state, domain from /* SCHEMA */finished
      where id < $7 and id >= $10 order by id desc limit $9::integer) as place
join /* SCHEMA */job_record as record on record.id = place.id
where place.state = any($2::smallint[])
  and ($3::text is null or record.task = $3)
  and ($4::text is null or place.domain = $4)
  and ($5::text is null or $5 = any(record.tags))
  and ($6::bigint is null or record.created_at
         >= coalesce($1::timestamptz, statement_timestamp()) - $6 * interval '1 millisecond')
order by place.id desc
limit $8::integer
