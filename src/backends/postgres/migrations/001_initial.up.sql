-- The tables of a store: jobs, their movement, their ends, workers, tasks and what the gate will need.

create table /* SCHEMA */migration (
  version integer primary key,
  name text not null,
  applied_at timestamptz not null default clock_timestamp()
);

create sequence /* SCHEMA */job_id;
create sequence /* SCHEMA */worker_id;

-- What was asked for. Insert-only; partitioned by id, so that retention can drop whole partitions.
create table /* SCHEMA */job (
  id bigint not null,
  task text not null,
  args json not null,
  created_at timestamptz not null,
  domain text not null,
  node text,                  -- null: any
  priority smallint not null,
  max_attempts smallint not null,
  timeout_ms bigint not null, -- 0: none
  flags smallint not null,    -- 1 at_most_once, 2 exclusive
  has_attachments boolean not null,
  metadata jsonb,
  tags text[],
  idempotency_key text,
  primary key (id)
) partition by range (id);

-- Where a job that has not ended stands. Narrow: it is what the hot statements touch.
create table /* SCHEMA */live (
  id bigint primary key,
  domain text not null,
  task text not null,
  node text,
  priority smallint not null,
  state smallint not null,       -- 1 queued, 2 gated, 3 running
  gate integer not null default 0,        -- why it is gated: a mask; 0: no condition
  watched boolean not null default false, -- another job waits for this one's end
  flags smallint not null,
  max_attempts smallint not null,
  run_at timestamptz not null,
  epoch bigint not null default 0,
  attempts smallint not null default 0,
  failures smallint not null default 0,
  crashes smallint not null default 0,      -- deaths of a worker that may be this job's doing
  lone_crashes smallint not null default 0, -- of these, while it ran alone: compared with the limit
  interruptions integer not null default 0,
  worker bigint,
  -- Null until a job runs longer than a second, reports progress, fails or is asked to stop.
  started_at timestamptz,
  progress real,
  progress_message text,
  cause text,
  error json,
  abort_at timestamptz,
  abort_message text
) with (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 5000,
        autovacuum_vacuum_cost_delay = 0, autovacuum_analyze_scale_factor = 0.05);

-- The claim's index: one lane is (domain, priority), ordered by run_at and id.
create index live_lane on /* SCHEMA */live (domain, priority, run_at, id) where state = 1;
create index live_worker on /* SCHEMA */live (worker) where state = 3;

-- How a job ended. Partitioned and dropped as `job` is.
create table /* SCHEMA */finished (
  id bigint not null,
  state smallint not null,       -- 4 done, 5 failed, 6 aborted
  domain text not null,
  epoch bigint not null,
  attempts smallint not null,
  failures smallint not null,
  crashes smallint not null,
  interruptions integer not null,
  worker bigint,
  run_at timestamptz not null,
  started_at timestamptz,
  finished_at timestamptz not null,
  cause text,
  error json,
  output json,
  progress real,
  progress_message text,
  primary key (id)
) partition by range (id);

-- Attempts that failed or crashed; the last word of each.
create table /* SCHEMA */attempt (
  job bigint not null,
  attempt smallint not null,
  epoch bigint not null,
  worker bigint,
  started_at timestamptz,
  ended_at timestamptz not null,
  cause text not null,
  error json,
  primary key (job, epoch)
);

-- Bytes of arguments (1) and outputs (2), by their index in the JSON.
create table /* SCHEMA */attachment (
  job bigint not null,
  kind smallint not null,
  position integer not null,
  data bytea not null,
  primary key (job, kind, position)
);
alter table /* SCHEMA */attachment alter column data set storage external;

create table /* SCHEMA */idempotency (
  key text primary key,
  job bigint not null,
  created_at timestamptz not null
);
create index idempotency_job on /* SCHEMA */idempotency (job);

create table /* SCHEMA */log (
  job bigint not null,
  number bigint not null,
  attempt smallint not null,
  level smallint not null,
  at timestamptz not null,
  line text not null,
  primary key (job, number)
);

create table /* SCHEMA */worker (
  id bigint primary key,
  state smallint not null,       -- 1 alive, 2 stopped, 3 dead
  beat bigint not null default 0,
  beat_at timestamptz not null,
  started_at timestamptz not null,
  ended_at timestamptz,
  node text not null,
  host text not null,
  pid integer not null,
  boot_id text not null,
  page text,
  slots integer not null,
  domains text not null,
  version text not null
);
create index worker_alive on /* SCHEMA */worker (id) where state = 1;

create table /* SCHEMA */task (
  name text primary key,
  specification jsonb not null,
  registered_at timestamptz not null
);

-- The last good end of tasks that others depend on; outlives the jobs.
create table /* SCHEMA */freshness (
  task text not null,
  args_key text not null,
  done_at timestamptz not null,
  job bigint not null,
  primary key (task, args_key)
);
