-- Read the clock: $1 what tests have set (null: the server's).
select coalesce($1::timestamptz, clock_timestamp())
