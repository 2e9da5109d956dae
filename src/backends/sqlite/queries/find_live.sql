-- Read where a job ?1 that has not ended stands.
select epoch, state, domain, flags, max_attempts, attempts, failures, crashes, lone_crashes, worker,
       started_at, abort_at, abort_message
from live
where id = ?1
