-- List the replication slots that keep rows from being removed, or more of the log (WAL) than max_wal_size;
-- first those that nobody uses, the oldest first, each with how many transactions have begun since (null:
-- it keeps no rows) and with how many bytes of log it keeps (null: not so many).
select slot_name::text, active, age(xmin)::bigint,
       case when wal_status = 'extended'
            then pg_wal_lsn_diff(case when pg_is_in_recovery() then pg_last_wal_receive_lsn()
                                      else pg_current_wal_lsn() end, restart_lsn)::bigint end
from pg_replication_slots
where xmin is not null or wal_status = 'extended'
order by active, age(xmin) desc nulls last, restart_lsn
limit 3
