-- Remove the bytes of job ?1.
delete from attachment where job = ?1
