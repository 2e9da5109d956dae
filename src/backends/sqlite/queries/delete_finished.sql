-- Remove the end of job ?1.
delete from finished where id = ?1
