-- List prepared transactions of this database that nobody has ended, the oldest first.
select gid, owner::text, extract(epoch from clock_timestamp() - prepared)::bigint
from pg_prepared_xacts
where database = current_database()
order by prepared
limit 3
