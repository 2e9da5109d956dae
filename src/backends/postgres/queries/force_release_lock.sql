-- Free lock $1 whoever holds it, note that program $2 (JSON) did so for reason $3, and tell listeners
-- on channel $4 of $5. The next token is larger than one that anybody has.
with held as (
  select name, token, owner, info from /* SCHEMA */one_instance_lock where name = $1 for update
), noted as (
  insert into /* SCHEMA */one_instance_audit (name, token, owner, info, program, reason)
  select name, token, owner, info, $2::json, $3 from held
)
update /* SCHEMA */one_instance_lock freed
set owner = null, info = null, seq = 0, expires_at = clock_timestamp(),
    token = greatest(freed.token + 1, (extract(epoch from clock_timestamp()) * 1000000)::bigint)
from held
where freed.name = held.name
returning pg_notify($4, $5)
