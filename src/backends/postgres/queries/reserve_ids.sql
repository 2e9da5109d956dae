-- Hand out $1 ids of new jobs, whose partitions exist.
select /* SCHEMA */reserve_job_ids($1)
