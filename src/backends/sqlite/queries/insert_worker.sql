-- Register a worker: ?1 id, ?2 now, ?3 node, ?4 host, ?5 pid, ?6 boot_id, ?7 page, ?8 slots,
-- ?9 domains, ?10 version.
insert into worker (id, state, beat_at, started_at, node, host, pid, boot_id, page, slots, domains,
                    version)
values (?1, 1, ?2, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
