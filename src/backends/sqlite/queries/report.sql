-- Stamp a running job (?1 id, ?2 epoch): ?3 started_at, used unless one is stored; ?4 progress and
-- ?5 its message (null: as they are).
update live
set started_at = coalesce(started_at, ?3), progress = coalesce(?4, progress),
    progress_message = coalesce(?5, progress_message)
where id = ?1 and epoch = ?2 and state = 3
