-- Remove the history of job ?1.
delete from attempt where job = ?1
