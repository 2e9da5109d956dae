-- End the session of process $1, which began $2 seconds ago or more, if it waits for its client: its
-- connection is dead, and what it has locked would stay so.
select pg_terminate_backend(pid)
from pg_stat_activity
where pid = $1 and backend_start <= clock_timestamp() - make_interval(secs => $2::float8)
  and usename = current_user and (state <> 'active' or wait_event_type = 'Client')
