-- Give the jobs of given_ids, which are queued, to worker ?1, each with a new epoch.
update live
set state = 3, epoch = epoch + 1, worker = ?1, started_at = null, progress = null,
    progress_message = null
where id in (select id from given_ids)
