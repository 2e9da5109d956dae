-- Read what of the server's settings decides whether jobs are safe and claims stay quick, and whether
-- this role sees what other roles' sessions do.
select current_setting('server_version'), current_setting('server_version_num')::integer,
       pg_is_in_recovery(), current_setting('fsync')::boolean,
       current_setting('full_page_writes')::boolean, current_setting('synchronous_commit'),
       current_setting('autovacuum')::boolean and current_setting('track_counts')::boolean,
       current_setting('max_connections')::integer
         - current_setting('superuser_reserved_connections')::integer,
       (select sum(numbackends) from pg_stat_database)::integer,
       pg_has_role(current_user, 'pg_read_all_stats', 'usage')
