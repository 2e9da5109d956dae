-- Have lock $1 of owner $2 with token $3 last for $4 microseconds from now.
update /* SCHEMA */one_instance_lock
set expires_at = clock_timestamp() + $4 * interval '1 microsecond', seq = seq + 1
where name = $1 and owner = $2 and token = $3
