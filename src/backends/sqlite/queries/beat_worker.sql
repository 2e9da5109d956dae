-- Renew the lease of worker ?1 at ?2, unless it was declared dead or has left.
update worker set beat = beat + 1, beat_at = ?2 where id = ?1 and state = 1
