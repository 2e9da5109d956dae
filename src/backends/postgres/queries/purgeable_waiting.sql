-- Find jobs that wait: $1 now (null: the server's), $2 enqueued more than so many ms ago, $3 domain
-- (null: any), $4 at most so many.
select live.id
from /* SCHEMA */live
join /* SCHEMA */job on job.id = live.id
where live.state in (1, 2)
  and job.created_at <= coalesce($1::timestamptz, statement_timestamp())
                        - $2::bigint * interval '1 millisecond'
  and ($3::text is null or live.domain = $3)
limit $4::integer
