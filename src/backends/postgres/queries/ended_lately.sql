-- Count how jobs ended within the last hour: $1 now (null: the server's), $2 look at so many at most.
select state, coalesce(cause, ''), count(*)
from (select finished.state, finished.cause from /* SCHEMA */finished
      where finished.finished_at
            >= coalesce($1::timestamptz, statement_timestamp()) - interval '1 hour'
      limit $2::integer) as ended
group by state, cause
order by count(*) desc
