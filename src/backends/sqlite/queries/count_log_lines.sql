-- Count the lines of the log of job ?1.
select count(*) from log where job = ?1
