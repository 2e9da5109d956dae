-- Tell whether the session of process $1, which began $2 seconds ago or more, is at work: true, or
-- false when it waits for its client; null: this role may not know. No row: there is none.
select case when state <> 'disabled' then
         state = 'active' and coalesce(wait_event_type, '') <> 'Client' end
from pg_stat_activity
where pid = $1 and backend_start <= clock_timestamp() - make_interval(secs => $2::float8)
