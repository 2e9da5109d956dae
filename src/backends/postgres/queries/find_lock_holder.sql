-- Find who has held a lock on something in schema $1 for longest, if that is more than $2 ms: its process
-- number, user, program, address, state and for how many seconds its transaction has been open. Only a
-- superuser and who may read all statistics sees more than the number of other users' sessions.
select activity.pid, coalesce(activity.usename::text, ''), coalesce(activity.application_name, ''),
       coalesce(host(activity.client_addr), ''), coalesce(activity.state, ''),
       coalesce(extract(epoch from clock_timestamp() - activity.xact_start)::bigint, 0)
from pg_catalog.pg_locks as held
join pg_catalog.pg_class on pg_class.oid = held.relation
join pg_catalog.pg_namespace on pg_namespace.oid = pg_class.relnamespace
join pg_catalog.pg_stat_activity as activity on activity.pid = held.pid
where pg_namespace.nspname = $1::text and held.granted and held.locktype = 'relation'
  and held.database = (select oid from pg_catalog.pg_database where datname = current_database())
  and activity.pid <> pg_backend_pid()
  and (activity.xact_start is null
       or activity.xact_start < clock_timestamp() - $2::bigint * interval '1 millisecond')
order by activity.xact_start nulls last
limit 1
