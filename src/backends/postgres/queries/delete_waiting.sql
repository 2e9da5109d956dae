-- Remove the jobs of $1 that wait.
delete from /* SCHEMA */live where id = any($1::bigint[]) and state in (1, 2)
