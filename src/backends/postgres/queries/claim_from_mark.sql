-- Claim due jobs of one lane from a mark on: $1 worker, $2 domain, $3 tasks, $4 node, $5 at most so
-- many, $6 the number of this claim, $7 now (null: the server's), $8 the lane's priority, $9 the
-- mark. The columns are those of `claim`, and so are the locks.
with claimed as (
  update /* SCHEMA */live
  set state = 3, epoch = epoch + 1, worker = $1::bigint, claim = $6::bigint, started_at = null,
      progress = null, progress_message = null
  where ctid = any(array(
    select live.ctid from /* SCHEMA */live
    where live.state = 1 and live.domain = $2::text and live.priority = $8::integer::smallint
      and live.run_at >= $9::timestamptz
      and live.run_at <= coalesce($7::timestamptz, statement_timestamp())
      and live.task = any($3::text[]) and (live.node is null or live.node = $4::text)
      and exists (select from /* SCHEMA */worker
                  where worker.id = $1::bigint and worker.state = 1
                    and not $6::bigint = any(worker.lost_claims)
                  for share)
    order by live.run_at, live.id
    limit $5::integer
    for update of live skip locked))
  returning id, epoch, run_at, attempts, failures, crashes, max_attempts, flags, priority, task, short_args
)
select claimed.id, claimed.epoch, claimed.run_at, claimed.attempts, claimed.failures,
       claimed.crashes, claimed.max_attempts, claimed.flags, claimed.task,
       coalesce((asked.job).timeout_ms, 0), coalesce((asked.job).has_attachments, false),
       coalesce(claimed.short_args, (asked.job).args), (asked.job).metadata, claimed.priority,
       extract(epoch from clock_timestamp() - statement_timestamp())::real,
       coalesce($7::timestamptz, statement_timestamp())
from claimed
-- As a value, so that nothing is looked for where it is not needed.
cross join lateral (
  select case when claimed.short_args is null
              then (select job from /* SCHEMA */job where job.id = claimed.id) end as job
  offset 0
) as asked
