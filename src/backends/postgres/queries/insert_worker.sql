-- Register a worker: $1 id, $2 now (null: the server's), $3 node, $4 host, $5 pid, $6 boot id,
-- $7 page, $8 slots, $9 domains, $10 version. Nothing if it is there already.
insert into /* SCHEMA */worker (id, beat_at, started_at, pid, slots, state, node, host, boot_id,
                                page, domains, version)
select $1, moment.now, moment.now, $5, $8, 1, $3, $4, $6, $7, $9, $10
from (select coalesce($2, statement_timestamp())) as moment (now)
on conflict (id) do nothing
