-- Ask the holder of running job ?1 to stop: ?2 now, ?3 message. The first one who asks is kept.
update live set abort_at = ?2, abort_message = ?3 where id = ?1 and abort_at is null
