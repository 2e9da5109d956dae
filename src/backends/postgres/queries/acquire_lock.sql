-- Take lock $1 for owner $2, whom $3 describes as JSON, for $4 microseconds, and $5 more in which
-- nobody may take it over. It is free; or it is this owner's already, from a request whose answer was
-- lost; or its lease has passed, and its delay, and the caller has seen token $6 and sequence $7
-- unchanged (null: nothing). Returns the token (null: not taken), and what was seen before: whether it
-- could be taken, token, sequence, owner, info, microseconds to the end of the lease, of the delay.
-- Who may not take it locks no row: then nobody waits for anybody.
with seen as materialized (
  select held.token, held.seq, held.owner, held.info, held.expires_at, held.delay,
         held.owner is not null and held.owner <> $2
         and not (held.expires_at + held.delay <= clock_timestamp()
                  and held.token is not distinct from $6 and held.seq is not distinct from $7)
           as is_busy
  from /* SCHEMA */one_instance_lock held where held.name = $1
), taken as (
  insert into /* SCHEMA */one_instance_lock as held
    (name, token, seq, owner, info, acquired_at, expires_at, delay)
  select $1, (extract(epoch from moment) * 1000000)::bigint, 0, $2, $3::json, moment,
         moment + $4 * interval '1 microsecond', $5 * interval '1 microsecond'
  from clock_timestamp() as moment
  where not exists (select from seen where is_busy)
  on conflict (name) do update
  set token = case when held.owner = excluded.owner then held.token
                   else greatest(held.token + 1, excluded.token) end,
      seq = case when held.owner = excluded.owner then held.seq + 1 else 0 end,
      acquired_at = case when held.owner = excluded.owner then held.acquired_at
                         else clock_timestamp() end,
      expires_at = clock_timestamp() + $4 * interval '1 microsecond',
      owner = excluded.owner, info = excluded.info, delay = excluded.delay
  where held.owner is null or held.owner = excluded.owner
        or (held.expires_at + held.delay <= clock_timestamp()
            and held.token = $6 and held.seq = $7)
  returning held.token
)
select taken.token, not coalesce(seen.is_busy, false), seen.token, seen.seq, seen.owner, seen.info,
       (extract(epoch from seen.expires_at - clock_timestamp()) * 1000000)::bigint,
       (extract(epoch from seen.delay) * 1000000)::bigint
from (values (true)) as one (row) left join taken on true left join seen on true
