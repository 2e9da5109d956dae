-- Where a line of a job's log comes from: written with `job.log()`, or captured of what the job
-- printed. Lines that are there were all written.

-- 0 log, 1 standard output, 2 standard error
alter table log add column source integer not null default 0;
