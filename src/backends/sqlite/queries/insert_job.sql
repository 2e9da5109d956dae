-- Keep what was asked for: ?1 id, ?2 task, ?3 args, ?4 now, ?5 domain, ?6 node, ?7 priority,
-- ?8 max_attempts, ?9 timeout_ms, ?10 flags, ?11 has_attachments, ?12 metadata, ?13 tags, ?14 key.
insert into job (id, task, args, created_at, domain, node, priority, max_attempts, timeout_ms, flags,
                 has_attachments, metadata, tags, idempotency_key)
values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)
