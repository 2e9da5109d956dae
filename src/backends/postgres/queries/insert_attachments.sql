-- Keep the bytes of arguments out of line: $1 jobs, $2 positions, $3 data. Only of jobs that were
-- inserted under these ids.
insert into /* SCHEMA */attachment (job, position, kind, data)
select asked.job, asked.position, 1, asked.data
from unnest($1::bigint[], $2::integer[], $3::bytea[]) as asked (job, position, data)
where exists (select from /* SCHEMA */job where job.id = asked.job offset 0)
on conflict do nothing
