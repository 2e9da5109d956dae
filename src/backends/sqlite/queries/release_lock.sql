-- Free lock ?1 of owner ?2 with token ?3.
update one_instance_lock set owner = null, info = null
where name = ?1 and owner = ?2 and token = ?3
