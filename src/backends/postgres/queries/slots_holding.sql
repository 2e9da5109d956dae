-- List the replication slots that keep rows from being removed, the oldest first, each with how many
-- transactions have begun since.
select slot_name::text, active, age(xmin)::bigint
from pg_replication_slots
where xmin is not null
order by age(xmin) desc
limit 3
