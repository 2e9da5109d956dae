-- Hand out $1 further ids. Whoever takes them sees to it that their partitions exist: to look for these
-- costs as much as the ids.
select nextval('/* SCHEMA */job_id') from generate_series(1, $1)
