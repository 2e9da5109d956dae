-- Remove the bytes of job ?1 of kind ?2 (1 arguments, 2 output).
delete from attachment where job = ?1 and kind = ?2
