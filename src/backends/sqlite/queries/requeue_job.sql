-- Queue job ?1 again: ?2 step of the epoch; what is added to ?3 attempts, ?4 failures, ?5 crashes,
-- ?6 lone_crashes, ?7 interruptions; ?8 run_at (null: as it is), ?9 started_at of the last attempt,
-- ?10 cause, ?11 error (null: the last ones stay).
update live
set state = 1, worker = null, epoch = epoch + ?2, attempts = attempts + ?3,
    failures = failures + ?4, crashes = crashes + ?5, lone_crashes = lone_crashes + ?6,
    interruptions = interruptions + ?7, run_at = coalesce(?8, run_at), started_at = ?9,
    cause = coalesce(?10, cause), error = coalesce(?11, error), progress = null,
    progress_message = null
where id = ?1
