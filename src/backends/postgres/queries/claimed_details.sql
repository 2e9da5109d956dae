-- Read what a claim did not hand out: $1 ids. Planned anew each time, with these ids, so that only their
-- partitions are opened.
select id, timeout_ms, has_attachments, args, metadata
from /* SCHEMA */job
where id = any($1::bigint[])
