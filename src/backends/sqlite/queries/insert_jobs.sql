-- Keep what was asked for, for each job of given_jobs: ?1 now.
insert into job (id, task, args, created_at, domain, node, priority, max_attempts, timeout_ms, flags,
                 has_attachments, metadata, tags, idempotency_key)
select id, task, args, ?1, domain, node, priority, max_attempts, timeout_ms, flags, has_attachments,
       metadata, tags, idempotency_key
from given_jobs
