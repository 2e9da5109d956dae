-- Renew the lease of worker $1: $2 now (null: the server's), $3 what it did lately (null: as it was).
-- No row if it was declared dead.
update /* SCHEMA */worker
set beat = beat + 1, beat_at = coalesce($2, statement_timestamp()), counts = coalesce($3::json, counts)
where id = $1 and state = 1
returning beat
