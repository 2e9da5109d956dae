-- The tables of a store, named as PostgreSQL's. Times are microseconds since 1970 in UTC, JSON is text.

pragma application_id = 1398034004; -- "STNT"

create table migration (
  version integer primary key,
  name text not null,
  applied_at integer not null
) strict;

-- The last number given away: ids are never used twice, also when the newest job is removed.
create table sequence (
  name text primary key,
  value integer not null
) strict, without rowid;
insert into sequence (name, value) values ('job', 0), ('worker', 0);

-- What was asked for. Insert-only.
create table job (
  id integer primary key,
  task text not null,
  args text not null,
  created_at integer not null,
  domain text not null,
  node text,                  -- null: any
  priority integer not null,
  max_attempts integer not null,
  timeout_ms integer not null, -- 0: none
  flags integer not null,      -- 1 at_most_once, 2 exclusive
  has_attachments integer not null,
  metadata text,
  tags text,                   -- an array of strings
  idempotency_key text
) strict;

-- Where a job that has not ended stands. Narrow: it is what the hot statements touch.
create table live (
  id integer primary key,
  domain text not null,
  task text not null,
  node text,
  priority integer not null,
  state integer not null,               -- 1 queued, 2 gated, 3 running
  gate integer not null default 0,      -- why it is gated: a mask; 0: no condition
  watched integer not null default 0,   -- another job waits for this one's end
  flags integer not null,
  max_attempts integer not null,
  run_at integer not null,
  epoch integer not null default 0,
  attempts integer not null default 0,
  failures integer not null default 0,
  crashes integer not null default 0,      -- deaths of a worker that may be this job's doing
  lone_crashes integer not null default 0, -- of these, while it ran alone: compared with the limit
  interruptions integer not null default 0,
  worker integer,
  -- Null until a job runs longer than a second, reports progress, fails or is asked to stop.
  started_at integer,
  progress real,
  progress_message text,
  cause text,
  error text,
  abort_at integer,
  abort_message text
) strict;

-- The claim's index: one lane is (domain, priority), ordered by run_at and id (the row id ends every
-- index).
create index live_lane on live (domain, priority, run_at) where state = 1;
create index live_worker on live (worker) where state = 3;

-- How a job ended.
create table finished (
  id integer primary key,
  state integer not null,       -- 4 done, 5 failed, 6 aborted
  domain text not null,
  epoch integer not null,
  attempts integer not null,
  failures integer not null,
  crashes integer not null,
  interruptions integer not null,
  worker integer,
  run_at integer not null,
  started_at integer,
  finished_at integer not null,
  cause text,
  error text,
  output text,
  progress real,
  progress_message text
) strict;
-- For retention: there are no partitions to drop.
create index finished_at on finished (finished_at);

-- Attempts that failed or crashed; the last word of each.
create table attempt (
  job integer not null,
  attempt integer not null,
  epoch integer not null,
  worker integer,
  started_at integer,
  ended_at integer not null,
  cause text not null,
  error text,
  primary key (job, epoch)
) strict, without rowid;

-- Bytes of arguments (1) and outputs (2), by their index in the JSON.
create table attachment (
  job integer not null,
  kind integer not null,
  position integer not null,
  data blob not null,
  primary key (job, kind, position)
) strict;

create table idempotency (
  key text primary key,
  job integer not null,
  created_at integer not null
) strict, without rowid;
create index idempotency_job on idempotency (job);

create table log (
  job integer not null,
  number integer not null,
  attempt integer not null,
  level integer not null,
  at integer not null,
  line text not null,
  primary key (job, number)
) strict;

create table worker (
  id integer primary key,
  state integer not null,       -- 1 alive, 2 stopped, 3 dead
  beat integer not null default 0,
  beat_at integer not null,
  started_at integer not null,
  ended_at integer,
  node text not null,
  host text not null,
  pid integer not null,
  boot_id text not null,
  page text,
  slots integer not null,
  domains text not null,
  version text not null
) strict;
create index worker_alive on worker (id) where state = 1;

create table task (
  name text primary key,
  specification text not null,
  registered_at integer not null
) strict, without rowid;

-- The last good end of tasks that others depend on; outlives the jobs.
create table freshness (
  task text not null,
  args_key text not null,
  done_at integer not null,
  job integer not null,
  primary key (task, args_key)
) strict, without rowid;
