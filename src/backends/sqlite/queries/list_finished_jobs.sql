-- List jobs that have ended, newest first: ?1 now, ?2 mask of states (bit n: state n), ?3 task,
-- ?4 domain, ?5 tag (null: any), ?6 the earliest created_at, ids from ?7 to below ?8, ?9 at most.
select finished.id, job.task, finished.state, finished.domain, job.node, job.priority, job.args,
       job.metadata, job.tags, job.idempotency_key, finished.attempts, finished.failures,
       finished.crashes, finished.interruptions, job.max_attempts, job.timeout_ms, finished.epoch,
       job.created_at, finished.run_at, finished.started_at, finished.finished_at, finished.worker,
       finished.progress, finished.progress_message, finished.cause, finished.error, finished.output
from finished
cross join job on job.id = finished.id
where finished.id >= ?7 and finished.id < ?8
  and ?1 is not null
  and (?2 >> finished.state) & 1
  and (?3 is null or job.task = ?3)
  and (?4 is null or finished.domain = ?4)
  and (?6 is null or job.created_at >= ?6)
  and (?5 is null or exists (select 1 from json_each(job.tags) where value = ?5))
order by finished.id desc
limit ?9
