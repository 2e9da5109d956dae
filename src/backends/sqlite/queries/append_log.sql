-- Append a line to the log of job ?1 if its newest epoch is ?2: ?3 attempt, ?4 level, ?5 at,
-- ?6 line,
-- ?7 source.
insert into log (job, number, attempt, level, at, line, source)
select ?1, coalesce((select max(number) from log where job = ?1), 0) + 1, ?3, ?4, ?5, ?6,
       ?7
where exists (select 1 from live where id = ?1 and epoch = ?2)
   or exists (select 1 from finished where id = ?1 and epoch = ?2)
