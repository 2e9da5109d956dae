-- Renew the lease of worker ?1 at ?2, unless it was declared dead or has left; ?3 is what it did lately
-- (null: as it was).
update worker set beat = beat + 1, beat_at = ?2, counts = coalesce(?3, counts)
where id = ?1 and state = 1
