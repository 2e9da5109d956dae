-- Queue jobs once more: $1 now (null: the server's), $2 ids, which are from $3 to $4, $5 the states that
-- they may have ended in. Returns id and domain. An abort is not what the next attempt has to be shown
-- with; a failure is. Bytes of an output that a failed attempt had set would stand in the way of the
-- next one's.
with gone as (
  delete from /* SCHEMA */finished
  where id = any($2::bigint[]) and id between $3 and $4 and state = any($5::smallint[])
  returning id, epoch, started_at, attempts, interruptions, state, cause, error
), outputs as (
  delete from /* SCHEMA */attachment where kind = 2 and job = any(array(select id from gone))
)
insert into /* SCHEMA */live (id, epoch, run_at, started_at, attempts, interruptions, priority,
                              state, flags, max_attempts, domain, task, node, cause, error)
select gone.id, gone.epoch + 1, coalesce($1, statement_timestamp()), gone.started_at, gone.attempts,
       gone.interruptions, job.priority, 1, job.flags, job.max_attempts, job.domain, job.task,
       job.node, case when gone.state <> 6 then gone.cause end,
       case when gone.state <> 6 then gone.error end
from gone
join /* SCHEMA */job on job.id = gone.id and job.id between $3 and $4
returning id, domain
