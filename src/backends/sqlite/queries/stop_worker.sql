-- Note that worker ?1 left at ?2.
update worker set state = 2, ended_at = ?2 where id = ?1 and state = 1
