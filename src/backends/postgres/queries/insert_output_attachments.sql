-- Keep the bytes of outputs out of line: $1 jobs, $2 epochs, $3 positions, $4 data. Only of jobs
-- that ended with this epoch.
insert into /* SCHEMA */attachment (job, position, kind, data)
select asked.job, asked.position, 2, asked.data
from unnest($1::bigint[], $2::bigint[], $3::integer[], $4::bytea[])
  as asked (job, epoch, position, data)
where exists (
  select from /* SCHEMA */finished where finished.id = asked.job and finished.epoch = asked.epoch
  offset 0)
on conflict do nothing
