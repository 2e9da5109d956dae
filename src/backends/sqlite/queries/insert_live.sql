-- Queue a new job: ?1 id, ?2 domain, ?3 task, ?4 node, ?5 priority, ?6 flags, ?7 max_attempts,
-- ?8 run_at.
insert into live (id, domain, task, node, priority, state, flags, max_attempts, run_at)
values (?1, ?2, ?3, ?4, ?5, 1, ?6, ?7, ?8)
