-- Declare worker ?1 dead at ?3 if its beat is still ?2.
update worker set state = 3, ended_at = ?3 where id = ?1 and beat = ?2 and state = 1
