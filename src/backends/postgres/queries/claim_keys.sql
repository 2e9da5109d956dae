-- Note idempotency keys for the jobs that are about to be inserted, unless they are known: $1 now
-- (null: the server's), $2 keys, $3 ids. In the order of keys, so that two who bring the same keys
-- do not lock each other out; of two jobs of one call the first has the key.
insert into /* SCHEMA */idempotency (job, created_at, key)
select asked.id, coalesce($1, statement_timestamp()), asked.key
from unnest($2::text[], $3::bigint[]) as asked (key, id)
order by asked.key, asked.id
on conflict (key) do nothing
