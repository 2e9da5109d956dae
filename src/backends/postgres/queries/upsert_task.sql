-- Register tasks: $1 now (null: the server's), $2 names, $3 specifications. In the order of names,
-- so that two programs that start at once do not lock each other out; what is the same stays.
insert into /* SCHEMA */task (registered_at, name, specification)
select coalesce($1, statement_timestamp()), told.name, told.specification::json
from unnest($2::text[], $3::text[]) as told (name, specification)
order by told.name
on conflict (name) do update
set specification = excluded.specification, registered_at = excluded.registered_at
where task.specification::text <> excluded.specification::text
