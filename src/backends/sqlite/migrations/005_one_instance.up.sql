-- Who holds a one-instance lock, or held it last. A row stays for ever: so that the next token is
-- larger. Times are nanoseconds since the machine started (CLOCK_BOOTTIME), within the boot that is
-- named.
create table one_instance_lock (
  name text primary key,
  token integer not null,
  seq integer not null,          -- renewals of this holding
  renewed_at integer not null,
  expires_at integer not null,
  delay integer not null,        -- how long after that nobody may take it over
  boot_id text not null,
  owner text,                    -- a UUID of this one holding; null: nobody's
  info text                      -- JSON
) strict, without rowid;

-- What administrators freed by force, and why; released_at is microseconds since 1970 in UTC.
create table one_instance_audit (
  token integer not null,        -- of the holding that was ended
  released_at integer not null,
  name text not null,
  reason text not null,
  owner text,
  info text,                     -- who held it
  program text not null,         -- who freed it
  user text not null
) strict;

-- When a task succeeded last (kind 0), and when its runner was last seen (kind 1): by the clock of
-- this boot, and in microseconds since 1970.
create table liveness (
  name text not null,
  kind integer not null,
  boot_at integer not null,
  stamped_at integer not null,
  boot_id text not null,
  stamp text not null,
  primary key (name, kind)
) strict, without rowid;
