-- Free lock ?1 whoever holds it; the next token is larger than ?2 too, the time in microseconds.
update one_instance_lock set owner = null, info = null, seq = 0, token = max(token + 1, ?2)
where name = ?1
