-- Claim due jobs of the highest lane that has one for this worker: $1 worker, $2 domain, $3 tasks,
-- $4 node, $5 at most so many, $6 the number of this claim, $7 now (null: the server's).
-- Where short_args is null, `claimed_details` has the arguments and more: to name the partitioned table
-- here would have each claim open all of its partitions.
-- The lanes come from a loose index scan, highest first, and only as far as the first that yields
-- a job: no rows means that none of them does. The last columns tell how long that took and
-- when it was. The rows are found again by their places: who is locked does not move. A worker that was
-- declared dead claims nothing: the lock on its row makes a rescue wait for this
-- transaction, so that none of its jobs is missed.
with recursive lane as (
  (select priority from /* SCHEMA */live
   where state = 1 and domain = $2::text
   order by priority desc limit 1)
  union all
  select (select live.priority from /* SCHEMA */live
          where live.state = 1 and live.domain = $2::text and live.priority < lane.priority
          order by live.priority desc limit 1)
  from lane
  where lane.priority is not null
), picked as materialized (
  select found.places
  from lane
  cross join lateral (
    select array(
      select live.ctid from /* SCHEMA */live
      where live.state = 1 and live.domain = $2::text and live.priority = lane.priority
        and live.run_at <= coalesce($7::timestamptz, statement_timestamp())
        and live.task = any($3::text[]) and (live.node is null or live.node = $4::text)
      order by live.run_at, live.id
      limit $5::integer
      for update skip locked) as places
    offset 0
  ) as found
  where lane.priority is not null and cardinality(found.places) > 0
    and exists (select from /* SCHEMA */worker
                where worker.id = $1::bigint and worker.state = 1
                  and not $6::bigint = any(worker.lost_claims)
                for share)
  limit 1
), claimed as (
  update /* SCHEMA */live
  set state = 3, epoch = epoch + 1, worker = $1::bigint, claim = $6::bigint, started_at = null,
      progress = null, progress_message = null
  where ctid = any((select places from picked)::tid[])
  returning id, epoch, run_at, attempts, failures, crashes, max_attempts, flags, priority, task, short_args
)
select id, epoch, run_at, attempts, failures, crashes, max_attempts, flags, task, short_args,
       priority, extract(epoch from clock_timestamp() - statement_timestamp())::real,
       coalesce($7::timestamptz, statement_timestamp())
from claimed
union all
-- One row of nulls: there were jobs, but all have just been moved by somebody else.
select null, null, null, null, null, null, null, null, null, null, null, null, null
from picked
where not exists (select from claimed)
