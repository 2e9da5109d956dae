-- Append lines to the logs of jobs: $1 jobs, $2 epochs, $3 the lines' places within this call and
-- job, from 1, $4 attempts, $5 levels, $6 times, $7 lines, $8 sources. Those of another than the
-- newest epoch are dropped.
insert into /* SCHEMA */log (job, number, at, attempt, level, source, line)
select told.job,
       coalesce((select max(log.number) from /* SCHEMA */log where log.job = told.job), 0)
         + told.place,
       told.at, told.attempt, told.level, told.source, told.line
from unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::integer[], $5::smallint[],
            $6::timestamptz[], $7::text[], $8::smallint[])
       as told (job, epoch, place, attempt, level, at, line, source)
-- With an offset it is no join, which would read whole tables where statistics are old.
where exists (select from /* SCHEMA */live
              where live.id = told.job and live.epoch = told.epoch offset 0)
   or exists (select from /* SCHEMA */finished
              where finished.id = told.job and finished.epoch = told.epoch offset 0)
