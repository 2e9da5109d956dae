-- Read the stops asked for of the jobs that worker ?1 holds.
select id, epoch, abort_message
from live indexed by live_worker
where state = 3 and worker = ?1 and abort_at is not null
order by id
