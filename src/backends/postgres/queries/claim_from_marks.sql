-- Claim due jobs of the first of some lanes that has one, each from a mark on: $1 worker, $2 domain,
-- $3 tasks, $4 node, $5 at most so many, $6 the number of this claim, $7 now (null: the server's),
-- $8 the lanes' priorities, the highest first, $9 their marks. The columns are those of `claim`, and so
-- are the locks.
with picked as materialized (
  select found.places
  from unnest($8::smallint[], $9::timestamptz[]) as lane (priority, mark)
  cross join lateral (
    select array(
      select live.ctid from /* SCHEMA */live
      where live.state = 1 and live.domain = $2::text and live.priority = lane.priority
        and live.run_at >= lane.mark
        and live.run_at <= coalesce($7::timestamptz, statement_timestamp())
        and live.task = any($3::text[]) and (live.node is null or live.node = $4::text)
      order by live.run_at, live.id
      limit $5::integer
      for update skip locked) as places
    offset 0
  ) as found
  where cardinality(found.places) > 0
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
