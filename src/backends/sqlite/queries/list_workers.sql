-- List the workers, oldest first; ?1: only those alive.
select id, state, beat, beat_at, started_at, node, host, pid, boot_id, page, slots, domains, version,
       (select count(*) from live indexed by live_worker
        where live.state = 3 and live.worker = worker.id)
from worker
where not ?1 or state = 1
order by id
