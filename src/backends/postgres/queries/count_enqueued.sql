-- Count the jobs enqueued within the last minute: $1 now (null: the server's), $2 how many at most. The
-- second column is how many ids were given out since: the first of them is found by bisection, as ids
-- grow with the time but for the few that a client keeps in hand.
with recursive newest as (
  select coalesce($1::timestamptz, statement_timestamp()) - interval '1 minute' as since,
         (select id from /* SCHEMA */job order by id desc limit 1) as id
), search as (
  select (select id from /* SCHEMA */job order by id limit 1) as low, newest.id as high, newest.since
  from newest
  union all
  select case when found.created_at < search.since then (search.low + search.high) / 2 + 1
              else search.low end,
         case when found.created_at < search.since then search.high
              else (search.low + search.high) / 2 end,
         search.since
  from search
  cross join lateral (
    select job.created_at from /* SCHEMA */job
    where job.id >= (search.low + search.high) / 2
    order by job.id
    limit 1) as found
  where search.low < search.high
)
select (select count(*)
        from (select from /* SCHEMA */job
              where job.id >= place.low and job.created_at >= newest.since
              order by job.id desc
              limit $2::bigint) as lately),
       coalesce(newest.id - place.low + 1, 0)
from newest
cross join lateral (select max(low) as low from search) as place
