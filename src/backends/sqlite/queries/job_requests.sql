-- Read what is asked for of the jobs that worker ?1 holds: whether it is a stop, and its message; the
-- newest look at the stacks of this execution (null: none).
select id, epoch, abort_at is not null, abort_message,
       case when stacks_epoch = epoch then stacks_asked end
from live indexed by live_worker
where state = 3 and worker = ?1 and (abort_at is not null or stacks_epoch = epoch)
order by id
