-- Give lock ?1 to owner ?2, whom ?3 describes as JSON, with token ?4 and sequence ?5, until ?6 and for
-- the delay ?7 after it; now is ?8 of boot ?9. Whether it may have it was looked up before.
insert into one_instance_lock
  (name, owner, info, token, seq, expires_at, delay, renewed_at, boot_id)
values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
on conflict (name) do update
set owner = excluded.owner, info = excluded.info, token = excluded.token, seq = excluded.seq,
    expires_at = excluded.expires_at, delay = excluded.delay, renewed_at = excluded.renewed_at,
    boot_id = excluded.boot_id
