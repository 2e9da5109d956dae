-- Take a finished job ?1 out of the living.
delete from live where id = ?1
