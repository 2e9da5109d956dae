-- Change job ?1 if it waits: ?2 the epoch that it must have (null: any), ?3 priority, ?4 run_at (null:
-- as they are), ?5 step of the epoch.
update live
set epoch = epoch + ?5, priority = coalesce(?3, priority), run_at = coalesce(?4, run_at)
where id = ?1 and state in (1, 2) and (?2 is null or epoch = ?2)
