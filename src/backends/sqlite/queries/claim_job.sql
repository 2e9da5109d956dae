-- Give job ?1 to worker ?2, with a new epoch.
update live
set state = 3, epoch = epoch + 1, worker = ?2, started_at = null, progress = null,
    progress_message = null
where id = ?1
