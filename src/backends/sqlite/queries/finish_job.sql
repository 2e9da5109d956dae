-- Copy how a job ends, if it stands as (?1 id, ?2 epoch, ?3 state): ?4 final state, ?5 step of the
-- epoch; what is added to ?6 attempts, ?7 failures, ?8 crashes, ?9 interruptions; ?10 started_at,
-- used unless one is stored; ?11 finished_at, ?12 cause, ?13 error (null: the last ones stay),
-- ?14 output.
insert into finished (id, state, domain, epoch, attempts, failures, crashes, interruptions, worker,
                      run_at, started_at, finished_at, cause, error, output, progress,
                      progress_message)
select id, ?4, domain, epoch + ?5, attempts + ?6, failures + ?7, crashes + ?8, interruptions + ?9,
       worker, run_at, coalesce(started_at, ?10), ?11, coalesce(?12, cause), coalesce(?13, error),
       ?14, progress, progress_message
from live
where id = ?1 and epoch = ?2 and state = ?3
