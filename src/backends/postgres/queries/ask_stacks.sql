-- Ask the holder of running job $1 for a look at its stacks. Returns the execution, its worker, the
-- look's number and the last line that the log has now.
update /* SCHEMA */live
set stacks_asked = coalesce(stacks_asked, 0) + 1, stacks_epoch = epoch
where id = $1 and state = 3
returning epoch, worker, stacks_asked,
          coalesce((select max(log.number) from /* SCHEMA */log where log.job = $1), 0)
