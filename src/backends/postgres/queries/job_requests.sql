-- List what is asked for of the running jobs of worker $1: whether it is a stop, and its message; the
-- newest look at the stacks of this execution (null: none).
select id, epoch, abort_at is not null, abort_message,
       case when stacks_epoch = epoch then stacks_asked end
from /* SCHEMA */live
where worker = $1 and state = 3 and (abort_at is not null or stacks_epoch = epoch)
