-- List the oldest transactions of this database, first those that keep vacuum from removing rows.
select pid, coalesce(application_name, ''), coalesce(usename::text, ''), coalesce(state, ''),
       extract(epoch from clock_timestamp() - xact_start)::bigint,
       backend_xmin is not null or backend_xid is not null as holds
from pg_stat_activity
where datname = current_database() and xact_start is not null and pid <> pg_backend_pid()
  and coalesce(backend_type, '') <> 'autovacuum worker'
order by holds desc, xact_start
limit 3
