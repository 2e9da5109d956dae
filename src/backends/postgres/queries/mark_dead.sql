-- Declare worker $1 dead unless it moved on from beat $2: $3 now (null: the server's).
update /* SCHEMA */worker
set state = 3, ended_at = coalesce($3, statement_timestamp())
where id = $1 and state = 1 and beat = $2
returning id
