-- Stamp $1: kind $2 (0: a success, 1: a sign of life), $3 says of what (JSON).
insert into /* SCHEMA */liveness (name, kind, stamp, stamped_at)
values ($1, $2, $3::json, clock_timestamp())
on conflict (name, kind) do update
set stamp = excluded.stamp, stamped_at = excluded.stamped_at
