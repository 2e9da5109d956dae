-- Remove what was asked for as job ?1.
delete from job where id = ?1
