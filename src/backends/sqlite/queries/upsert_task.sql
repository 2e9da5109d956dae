-- Make a task known, or renew it: ?1 name, ?2 specification, ?3 now.
insert into task (name, specification, registered_at) values (?1, ?2, ?3)
on conflict (name) do update
set specification = excluded.specification, registered_at = excluded.registered_at
