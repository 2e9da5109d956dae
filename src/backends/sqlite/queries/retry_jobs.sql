-- Queue job ?1, which has ended, once more: ?2 now, ?3 whether one that is done, too. An abort is not
-- what the next attempt has to be shown with; a failure is.
insert into live (id, domain, task, node, priority, state, flags, max_attempts, run_at, epoch,
                  attempts, interruptions, started_at, cause, error)
select finished.id, job.domain, job.task, job.node, job.priority, 1, job.flags, job.max_attempts, ?2,
       finished.epoch + 1, finished.attempts, finished.interruptions, finished.started_at,
       case when finished.state <> 6 then finished.cause end,
       case when finished.state <> 6 then finished.error end
from finished
cross join job on job.id = finished.id
where finished.id = ?1 and (finished.state in (5, 6) or ?3)
