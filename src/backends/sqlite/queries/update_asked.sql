-- Change what was asked for as job ?1: ?2 priority, ?3 args, ?4 has_attachments (null: as they are).
update job
set priority = coalesce(?2, priority), args = coalesce(?3, args),
    has_attachments = coalesce(?4, has_attachments)
where id = ?1
