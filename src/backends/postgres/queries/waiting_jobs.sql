-- Count the due jobs by what a worker must be to take them: $1 now (null: the server's), $2 look at so
-- many at most.
select due.domain, due.task, due.node, count(*), min(due.run_at)
from (select coalesce($1::timestamptz, statement_timestamp())) as moment (now)
cross join lateral (
  select live.domain, live.task, live.node, live.run_at from /* SCHEMA */live
  where live.state = 1 and live.run_at <= moment.now
  limit $2::integer) as due
group by due.domain, due.task, due.node
order by count(*) desc, due.domain, due.task
