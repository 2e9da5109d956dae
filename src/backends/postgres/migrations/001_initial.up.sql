-- The tables of a store: jobs, their movement, their ends, workers, tasks and what the gate will
-- need.
-- Columns stand in the order of their alignment, widest first, so that rows have no holes. Names
-- that are looked up compare by their bytes: quicker, and no update of the locales can put an
-- index out of order.

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
  created_at timestamptz not null,
  run_at timestamptz not null,  -- the first one; a retry's stands in `live`
  timeout_ms bigint not null,   -- 0: none
  priority smallint not null,
  max_attempts smallint not null,
  flags smallint not null,      -- 1 at_most_once, 2 exclusive
  has_attachments boolean not null,
  domain text collate "C" not null,
  task text collate "C" not null,
  node text,                    -- null: any
  args json not null,
  metadata json,
  tags text[],
  idempotency_key text,
  primary key (id)
) partition by range (id);

-- Where a job that has not ended stands. Narrow: it is what the hot statements touch.
create table /* SCHEMA */live (
  id bigint not null,
  epoch bigint not null default 0,
  run_at timestamptz not null,
  worker bigint,
  claim bigint,                           -- which claim of that worker's it was
  started_at timestamptz,                 -- of the last attempt; running: null until reported
  abort_at timestamptz,
  attempts integer not null default 0,    -- ended ones that had started
  interruptions integer not null default 0,
  gate integer not null default 0,        -- why it is gated: a mask; 0: no condition
  crashes integer not null default 0,     -- deaths of a worker that may be this job's doing
  progress real,
  priority smallint not null,
  state smallint not null,                -- 1 queued, 2 gated, 3 running
  flags smallint not null,
  max_attempts smallint not null,
  failures smallint not null default 0,
  lone_crashes smallint not null default 0, -- of the crashes, while it ran alone: limited
  watched boolean not null default false, -- another job waits for this one's end
  domain text collate "C" not null,
  task text collate "C" not null,
  node text,
  progress_message text,
  cause text,
  error json,
  abort_message text,
  primary key (id)
) with (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 5000,
        autovacuum_vacuum_cost_delay = 0, autovacuum_analyze_scale_factor = 0.05);

-- The claim's index: one lane is (domain, priority), ordered by run_at and id.
create index live_lane on /* SCHEMA */live (domain, priority, run_at, id) where state = 1;
create index live_worker on /* SCHEMA */live (worker) where state = 3;

-- How a job ended. Partitioned and dropped as `job` is.
create table /* SCHEMA */finished (
  id bigint not null,
  epoch bigint not null,
  run_at timestamptz not null,
  finished_at timestamptz not null,
  started_at timestamptz,
  worker bigint,
  attempts integer not null,
  interruptions integer not null,
  crashes integer not null,
  progress real,
  failures smallint not null,
  state smallint not null,       -- 4 done, 5 failed, 6 aborted
  domain text collate "C" not null,
  cause text,
  progress_message text,
  error json,
  output json,
  primary key (id)
) partition by range (id);

-- For retention. Jobs end in the order of time, so a block range index costs next to nothing.
create index finished_at on /* SCHEMA */finished using brin (finished_at)
  with (pages_per_range = 32, autosummarize = on);
-- For lists of what went wrong: few rows among many.
create index finished_badly on /* SCHEMA */finished (id) where state <> 4;

-- Attempts that failed or crashed; the last word of each.
create table /* SCHEMA */attempt (
  job bigint not null,
  epoch bigint not null,
  worker bigint,
  started_at timestamptz,
  ended_at timestamptz not null,
  attempt integer not null,
  cause text not null,
  error json,
  primary key (job, epoch)
);

-- Bytes of arguments (1) and outputs (2), by their index in the JSON.
create table /* SCHEMA */attachment (
  job bigint not null,
  position integer not null,
  kind smallint not null,
  data bytea not null,
  primary key (job, kind, position)
);
alter table /* SCHEMA */attachment alter column data set storage external;

create table /* SCHEMA */idempotency (
  job bigint not null,
  created_at timestamptz not null,
  key text collate "C" not null,
  primary key (key)
);
create index idempotency_job on /* SCHEMA */idempotency (job);

create table /* SCHEMA */log (
  job bigint not null,
  number bigint not null,
  at timestamptz not null,
  attempt integer not null,
  level smallint not null,
  line text not null,
  primary key (job, number)
);

create table /* SCHEMA */worker (
  id bigint not null,
  beat bigint not null default 0,
  beat_at timestamptz not null,
  started_at timestamptz not null,
  ended_at timestamptz,
  pid integer not null,
  slots integer not null,
  state smallint not null,               -- 1 alive, 2 stopped, 3 dead
  lost_claims bigint[] not null default '{}', -- their replies were lost: they may not come late
  node text not null,
  host text not null,
  boot_id text not null,
  page text,
  domains text not null,
  version text not null,
  primary key (id)
) with (fillfactor = 50);
create index worker_alive on /* SCHEMA */worker (id) where state = 1;

create table /* SCHEMA */task (
  registered_at timestamptz not null,
  name text collate "C" not null,
  specification json not null,
  primary key (name)
);

-- The last good end of tasks that others depend on; outlives the jobs.
create table /* SCHEMA */freshness (
  done_at timestamptz not null,
  job bigint not null,
  task text collate "C" not null,
  args_key text collate "C" not null,
  primary key (task, args_key)
);

-- All that is known of each job, wherever it stands. Only running ones have abort_at.
create view /* SCHEMA */job_record as
select job.id, job.task, coalesce(live.state, finished.state) as state, job.domain, job.node,
       job.priority, job.args, job.metadata, job.tags, job.idempotency_key,
       -- An attempt counts once it has started.
       coalesce(live.attempts + (live.state = 3 and live.started_at is not null)::integer,
                finished.attempts) as attempts,
       coalesce(live.failures, finished.failures) as failures,
       coalesce(live.crashes, finished.crashes) as crashes,
       coalesce(live.interruptions, finished.interruptions) as interruptions,
       job.max_attempts, job.timeout_ms, coalesce(live.epoch, finished.epoch) as epoch,
       job.created_at, coalesce(live.run_at, finished.run_at) as run_at,
       coalesce(live.started_at, finished.started_at) as started_at, finished.finished_at,
       coalesce(live.worker, finished.worker) as worker,
       coalesce(live.progress, finished.progress) as progress,
       coalesce(live.progress_message, finished.progress_message) as progress_message,
       coalesce(live.cause, finished.cause) as cause, coalesce(live.error, finished.error) as error,
       finished.output, live.abort_at
from /* SCHEMA */job
left join /* SCHEMA */live on live.id = job.id
left join /* SCHEMA */finished on finished.id = job.id;

-- Make sure that both partitions for the ids number * 1,000,000 and up exist. A partition is made
-- apart and attached: that takes no lock which an enqueue, claim or completion would wait for.
create function /* SCHEMA */make_partition(number bigint) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  parent text;
begin
  if to_regclass(format('/* SCHEMA */finished_p%s', number)) is not null then
    return;
  end if;
  -- One at a time, by the lock that attaching takes. Unlike an advisory lock it has this session
  -- hear of what others made meanwhile.
  lock table /* SCHEMA */job in share update exclusive mode;
  if to_regclass(format('/* SCHEMA */finished_p%s', number)) is not null then
    return;
  end if;
  foreach parent in array array['job', 'finished'] loop
    execute format('create table /* SCHEMA */%1$s_p%2$s (like /* SCHEMA */%1$s including all)',
                   parent, number);
    execute format('alter table /* SCHEMA */%1$s attach partition /* SCHEMA */%1$s_p%2$s '
                   'for values from (%3$s) to (%4$s)',
                   parent, number, number * 1000000, (number + 1) * 1000000);
  end loop;
end $$;

-- Hand out ids of new jobs, whose partitions exist, and the next ones as well: so nobody waits for
-- a partition unless a million ids are handed out while it is being made.
create function /* SCHEMA */reserve_job_ids(how_many integer) returns setof bigint
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  ids bigint[] := array(select nextval('/* SCHEMA */job_id') from generate_series(1, how_many));
begin
  for number in ids[1] / 1000000 .. ids[how_many] / 1000000 + 1 loop
    perform /* SCHEMA */make_partition(number);
  end loop;
  return query select unnest(ids);
end $$;

-- Drop the partitions, oldest first, that hold nothing any more and will never be written again.
-- Dropping needs a lock on everything for a moment: who cannot have it soon leaves it for later.
create function /* SCHEMA */drop_empty_partitions() returns integer
language plpgsql security definer
set search_path = pg_catalog, pg_temp set lock_timeout = '100ms' as $$
declare
  number bigint;
  newest bigint := (select last_value / 1000000 from /* SCHEMA */job_id);
  has_rows boolean;
  dropped integer := 0;
begin
  for number in
    select substring(relname from '[0-9]+$')::bigint as n
    from pg_inherits join pg_class on pg_class.oid = inhrelid
    where inhparent = '/* SCHEMA */job'::regclass
    order by n
  loop
    -- Ids of the newest two may still be in the hands of clients that reserved them.
    exit when number >= newest - 1;
    execute format(
      'select exists (select from /* SCHEMA */finished_p%1$s)'
      ' or exists (select from /* SCHEMA */job_p%1$s)'
      ' or exists (select from /* SCHEMA */live where id >= %2$s and id < %3$s)',
      number, number * 1000000, (number + 1) * 1000000) into has_rows;
    continue when has_rows;
    begin
      execute format('lock table /* SCHEMA */job_p%1$s, /* SCHEMA */finished_p%1$s '
                     'in access exclusive mode', number);
      execute format('select exists (select from /* SCHEMA */job_p%1$s)', number) into has_rows;
      if not has_rows then
        execute format('drop table /* SCHEMA */job_p%1$s, /* SCHEMA */finished_p%1$s', number);
        dropped := dropped + 1;
      end if;
    exception when lock_not_available or deadlock_detected then
      exit;
    end;
  end loop;
  return dropped;
end $$;

revoke all on function /* SCHEMA */make_partition(bigint) from public;
revoke all on function /* SCHEMA */reserve_job_ids(integer) from public;
revoke all on function /* SCHEMA */drop_empty_partitions() from public;
