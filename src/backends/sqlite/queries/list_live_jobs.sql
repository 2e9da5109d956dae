-- List jobs that have not ended, newest first: ?1 now, ?2 mask of states (bit n: state n), ?3 task,
-- ?4 domain, ?5 tag (null: any), ?6 the earliest created_at, ids from ?7 to below ?8, ?9 at most.
select live.id, live.task,
       case live.state
         when 1 then case when live.run_at > ?1 then 7 else 1 end
         when 2 then 8
         else case when live.abort_at is null then 3 else 9 end
       end,
       live.domain, live.node, live.priority, job.args, job.metadata, job.tags, job.idempotency_key,
       -- An attempt counts once it has started.
       live.attempts + (live.state = 3 and live.started_at is not null),
       live.failures, live.crashes, live.interruptions, live.max_attempts, job.timeout_ms,
       live.epoch, job.created_at, live.run_at, live.started_at, null, live.worker, live.progress,
       live.progress_message, live.cause, live.error, null
from live
cross join job on job.id = live.id
where live.id >= ?7 and live.id < ?8
  and ((?2 >> live.state) & 1
       or (?2 >> case live.state
                   when 1 then case when live.run_at > ?1 then 7 else 1 end
                   when 2 then 8
                   else case when live.abort_at is null then 3 else 9 end
                 end) & 1)
  and (?3 is null or live.task = ?3)
  and (?4 is null or live.domain = ?4)
  and (?6 is null or job.created_at >= ?6)
  and (?5 is null or exists (select 1 from json_each(job.tags) where value = ?5))
order by live.id desc
limit ?9
