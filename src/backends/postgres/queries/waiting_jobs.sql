-- Count the due jobs by what a worker must be to take them: $1 now (null: the server's), $2 look at so
-- many at most. The lanes come from a loose index scan, so that jobs which are due later are passed by.
with recursive lane as (
  (select domain, priority from /* SCHEMA */live
   where state = 1
   order by domain, priority limit 1)
  union all
  select next.domain, next.priority
  from lane
  cross join lateral (
    select live.domain, live.priority from /* SCHEMA */live
    where live.state = 1 and (live.domain, live.priority) > (lane.domain, lane.priority)
    order by live.domain, live.priority limit 1) as next
)
select due.domain, due.task, due.node, count(*), min(due.run_at)
from (select first.domain, first.task, first.node, first.run_at
      from (select coalesce($1::timestamptz, statement_timestamp())) as moment (now)
      cross join lane
      cross join lateral (
        select live.domain, live.task, live.node, live.run_at from /* SCHEMA */live
        where live.state = 1 and live.domain = lane.domain and live.priority = lane.priority
          and live.run_at <= moment.now
        order by live.run_at, live.id
        limit $2::integer) as first
      limit $2::integer) as due
group by due.domain, due.task, due.node
order by count(*) desc, due.domain, due.task
