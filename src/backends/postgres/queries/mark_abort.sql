-- Ask the holder of running job $1 to stop: $2 now (null: the server's), $3 message. The first who
-- asks is kept.
update /* SCHEMA */live
set abort_at = coalesce($2, statement_timestamp()), abort_message = $3::text
where id = $1 and state = 3 and abort_at is null
