-- Find where a list ends that looks at so many jobs: the last one's id, and no row if there are fewer.
-- $1 ids below this one, $2 how many, less one, $3 which: 1 all, 2 not ended, 3 ended, 4 failed or
-- aborted.
select id from (
  (select id from /* SCHEMA */job
   where $3::integer = 1 and id < $1::bigint order by id desc offset $2::bigint limit 1)
  union all
  (select id from /* SCHEMA */live
   where $3::integer = 2 and id < $1::bigint order by id desc offset $2::bigint limit 1)
  union all
  (select id from /* SCHEMA */finished
   where $3::integer = 3 and id < $1::bigint order by id desc offset $2::bigint limit 1)
  union all
  (select id from /* SCHEMA */finished
   where $3::integer = 4 and id < $1::bigint and state <> 4
   order by id desc offset $2::bigint limit 1)) as place
