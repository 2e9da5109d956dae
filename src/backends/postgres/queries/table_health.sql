-- Tell how many dead rows the busy tables of schema $1 have, and whether vacuum may work on them.
select stat.relname::text, stat.n_live_tup, stat.n_dead_tup, pg_total_relation_size(stat.relid),
       coalesce('autovacuum_enabled=false' = any(pg_class.reloptions), false),
       extract(epoch from clock_timestamp() - greatest(stat.last_autovacuum, stat.last_vacuum))::bigint
from pg_stat_user_tables as stat
join pg_class on pg_class.oid = stat.relid
where stat.schemaname = $1::text and stat.relname in ('live', 'worker', 'one_instance_lock', 'liveness')
order by stat.n_dead_tup desc, stat.relname
