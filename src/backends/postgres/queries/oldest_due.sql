-- Find since when the longest waiting due job has been due, and the time: $1 now (null: the
-- server's).
select (select min(run_at) from /* SCHEMA */live
        where state = 1 and run_at <= coalesce($1::timestamptz, statement_timestamp())),
       coalesce($1::timestamptz, statement_timestamp())
