-- Find jobs that ended: $1 now (null: the server's), $2 more than so many ms ago, $3 domain (null:
-- any), $4 at most so many.
select id from /* SCHEMA */finished
where finished_at <= coalesce($1::timestamptz, statement_timestamp())
                     - $2::bigint * interval '1 millisecond'
  and ($3::text is null or domain = $3)
limit $4::integer
