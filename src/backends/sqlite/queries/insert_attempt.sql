-- Remember a failed attempt: ?1 job, ?2 number, ?3 epoch, ?4 worker, ?5 started_at, ?6 ended_at,
-- ?7 cause, ?8 error.
insert or ignore into attempt (job, attempt, epoch, worker, started_at, ended_at, cause, error)
values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
