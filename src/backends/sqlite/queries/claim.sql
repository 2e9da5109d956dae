-- Read up to ?4 jobs of the lane (domain ?1, priority ?2) that are due at ?3 and that the claiming
-- worker may run: may_claim compares with its tasks and its node.
select live.id, live.epoch, live.attempts, live.failures, live.crashes, live.max_attempts, live.flags,
       live.task, job.timeout_ms, job.args, job.has_attachments, job.metadata,
       live.run_at
from live indexed by live_lane
cross join job on job.id = live.id
where live.state = 1 and live.domain = ?1 and live.priority = ?2 and live.run_at <= ?3
  and may_claim(live.task, live.node)
order by live.run_at, live.id
limit ?4
