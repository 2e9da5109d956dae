-- Count the jobs enqueued since ?1, at most ?2. The second column is how many ids were given out since:
-- the first of them is found by bisection, as ids grow with the time but for the few that a client
-- keeps in hand.
with recursive search (low, high) as (
  select (select min(id) from job), (select max(id) from job)
  union all
  select case when (select created_at from job where id >= (low + high) / 2 order by id limit 1) < ?1
              then (low + high) / 2 + 1 else low end,
         case when (select created_at from job where id >= (low + high) / 2 order by id limit 1) < ?1
              then high else (low + high) / 2 end
  from search
  where low < high
), place (low) as (
  select max(low) from search
)
select (select count(*)
        from (select 1 from job
              where id >= (select low from place) and created_at >= ?1
              order by id desc
              limit ?2)),
       coalesce((select max(id) from job) - (select low from place) + 1, 0)
