-- Remove job ?1 from the living if it waits.
delete from live where id = ?1 and state in (1, 2)
