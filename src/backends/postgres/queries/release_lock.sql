-- Free lock $1 of owner $2 with token $3, and tell listeners on channel $4 of $5. Returns whether it
-- was, and whether it had been free since that holding before: freed by a request whose answer was
-- lost.
with released as (
  update /* SCHEMA */one_instance_lock
  set owner = null, info = null, expires_at = clock_timestamp()
  where name = $1 and owner = $2 and token = $3
  returning pg_notify($4, $5)
)
select exists (select from released),
       exists (select from /* SCHEMA */one_instance_lock
               where name = $1 and owner is null and token = $3)
