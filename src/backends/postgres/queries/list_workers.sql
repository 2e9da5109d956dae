-- List the workers, oldest first: $1 whether only those alive.
select worker.id, worker.node, worker.host, worker.pid, worker.boot_id, worker.page, worker.slots,
       worker.domains, worker.version, worker.state, worker.beat, worker.started_at, worker.beat_at,
       (select count(*) from /* SCHEMA */live where live.worker = worker.id and live.state = 3)
from /* SCHEMA */worker
where worker.state = 1 or not $1
order by worker.id
