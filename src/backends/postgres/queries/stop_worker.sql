-- Note that worker $1 has left in good order: $2 now (null: the server's).
update /* SCHEMA */worker
set state = 2, ended_at = coalesce($2, statement_timestamp())
where id = $1 and state = 1
