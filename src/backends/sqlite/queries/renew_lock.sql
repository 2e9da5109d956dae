-- Have lock ?1 of owner ?2 with token ?3 last until ?4; now is ?5 of boot ?6.
update one_instance_lock set expires_at = ?4, seq = seq + 1, renewed_at = ?5
where name = ?1 and owner = ?2 and token = ?3 and boot_id = ?6
