-- Programs of version 4 on keep working beside this one.
-- oldest-program: 4

-- Who holds a one-instance lock, or held it last. A row stays for ever: so that the next token is
-- larger.
create table /* SCHEMA */one_instance_lock (
  token bigint not null,
  seq bigint not null default 0,      -- renewals of this holding
  acquired_at timestamptz not null,
  expires_at timestamptz not null,
  delay interval not null,            -- how long after that nobody may take it over
  name text collate "C" not null,
  owner text,                         -- a UUID of this one holding; null: nobody's
  info json,
  primary key (name)
) with (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000);

-- A new token is then a change of a key: it waits for transactions that have the row locked `for key
-- share`, as fence_assert does. A renewal leaves the key alone, and waits for none of them.
alter table /* SCHEMA */one_instance_lock add unique (name, token);

-- What administrators freed by force, and why.
create table /* SCHEMA */one_instance_audit (
  token bigint not null,              -- of the holding that was ended
  released_at timestamptz not null default clock_timestamp(),
  name text collate "C" not null,
  role text not null default session_user,
  reason text not null,
  owner text,
  info json,                          -- who held it
  program json                        -- who freed it
);

-- When a task succeeded last (kind 0), and when its runner was last seen (kind 1).
create table /* SCHEMA */liveness (
  stamped_at timestamptz not null,
  kind smallint not null,
  name text collate "C" not null,
  stamp json not null,
  primary key (name, kind)
) with (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000);

-- Go on only if lock `name` is held with `token`; nobody else gets the lock before the caller's
-- transaction has ended. Raises OI001.
create function /* SCHEMA */fence_assert(name text, token bigint) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  held record;
begin
  select lock.token, lock.owner, lock.info into held
  from /* SCHEMA */one_instance_lock lock
  where lock.name = fence_assert.name
  for key share;
  if not found then
    raise exception using errcode = 'OI001',
      message = format('nobody has ever held the one-instance lock "%s"', name),
      hint = 'Give the name that the runner gives: the setting key, by default stint/ and the task.';
  elsif held.owner is null then
    raise exception using errcode = 'OI001',
      message = format('the one-instance lock "%s" is not held with token %s: it is free', name, token),
      hint = 'The lock was lost or given back: roll back, and write nothing more under this token.';
  elsif held.token is distinct from fence_assert.token then
    raise exception using errcode = 'OI001',
      message = format('the one-instance lock "%s" is not held with token %s: %s has it with token %s',
                       name, token, coalesce('host ' || (held.info ->> 'host'), 'another'), held.token),
      hint = 'The lock was lost or given back: roll back, and write nothing more under this token.';
  end if;
end $$;

revoke all on function /* SCHEMA */fence_assert(text, bigint) from public;
