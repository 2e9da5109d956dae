-- Remove the log of job ?1.
delete from log where job = ?1
