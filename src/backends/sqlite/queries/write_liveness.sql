-- Stamp ?1: kind ?2 (0: a success, 1: a sign of life), ?3 says of what (JSON), at ?4 of boot ?5, which
-- is ?6 in microseconds since 1970.
insert into liveness (name, kind, stamp, boot_at, boot_id, stamped_at)
values (?1, ?2, ?3, ?4, ?5, ?6)
on conflict (name, kind) do update
set stamp = excluded.stamp, boot_at = excluded.boot_at, boot_id = excluded.boot_id,
    stamped_at = excluded.stamped_at
