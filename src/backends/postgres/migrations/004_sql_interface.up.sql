-- SQL as a way in: functions that any language calls inside a transaction of its own, and views for
-- reports. They check what the library checks, by the specification that a task was registered with,
-- and never refuse what it takes; workers check again. Times are the database's.

-- The version of what follows; it grows when something changes that a caller can see.
create function /* SCHEMA */sql_interface_version() returns integer
language sql immutable as 'select 1';

-- The channel on which workers of this schema listen.
create function /* SCHEMA */wake_channel() returns text
language sql stable set search_path = pg_catalog, pg_temp as $$
  select nspname::text from pg_class join pg_namespace on pg_namespace.oid = relnamespace
  where pg_class.oid = '/* SCHEMA */job'::regclass
$$;

-- Show a value in a message, and not all of a long one.
create function /* SCHEMA */shown(value jsonb) returns text
language sql immutable set search_path = pg_catalog, pg_temp as $$
  select case when length(value::text) > 60 then left(value::text, 60) || '...' else value::text end
$$;

-- Read a duration as the library does: a number of seconds, `1h30m` or ISO 8601. Null: it is none.
create function /* SCHEMA */duration_seconds(value jsonb) returns numeric
language plpgsql immutable set search_path = pg_catalog, pg_temp as $$
declare
  given text := value #>> '{}';
  bare text := regexp_replace(given, '^-', '');
  number constant text := '([0-9]+(?:\.[0-9]+)?)';
  parts text[];
  total numeric;
begin
  if jsonb_typeof(value) = 'number' then
    total := bare::numeric;
  elsif jsonb_typeof(value) <> 'string' then
    return null;
  elsif bare ~ ('^' || number || '$') then
    total := bare::numeric;
  elsif bare ~ '^P' then
    parts := regexp_match(bare, '^P(?:' || number || 'W)?(?:' || number || 'D)?(?:T(?:' || number ||
                                'H)?(?:' || number || 'M)?(?:' || number || 'S)?)?$');
    if parts is null or bare ~ '^PT?$' or bare ~ 'T$' then
      return null;
    end if;
    total := coalesce(parts[1]::numeric, 0) * 604800 + coalesce(parts[2]::numeric, 0) * 86400 +
             coalesce(parts[3]::numeric, 0) * 3600 + coalesce(parts[4]::numeric, 0) * 60 +
             coalesce(parts[5]::numeric, 0);
  else
    parts := regexp_match(bare, '^(?:' || number || 'w)?(?:' || number || 'd)?(?:' || number ||
                                'h)?(?:' || number || 'm(?!s))?(?:' || number || 's)?(?:' || number ||
                                'ms)?(?:' || number || 'us)?(?:' || number || 'ns)?$');
    if parts is null or bare = '' then
      return null;
    end if;
    total := coalesce(parts[1]::numeric, 0) * 604800 + coalesce(parts[2]::numeric, 0) * 86400 +
             coalesce(parts[3]::numeric, 0) * 3600 + coalesce(parts[4]::numeric, 0) * 60 +
             coalesce(parts[5]::numeric, 0) + coalesce(parts[6]::numeric, 0) / 1000 +
             coalesce(parts[7]::numeric, 0) / 1000000 + coalesce(parts[8]::numeric, 0) / 1000000000;
  end if;
  if total >= 9200000000 then  -- 292 years
    return null;
  end if;
  return case when bare = given then total else -total end;
end $$;

-- Read a moment as the library does: RFC 3339, a space for the T, UTC where no zone is named, or a
-- day alone. Null: it is none.
create function /* SCHEMA */moment_of(value jsonb) returns timestamptz
language plpgsql immutable set search_path = pg_catalog, pg_temp set timezone = 'UTC'
set datestyle = 'ISO' as $$
declare
  given text := value #>> '{}';
begin
  if jsonb_typeof(value) <> 'string' or given !~
     '^[0-9]{4}-[0-9]{2}-[0-9]{2}([Tt ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]+)?)?([Zz]|[+-][0-9]{2}:[0-9]{2})?)?$'
  then
    return null;
  end if;
  return given::timestamptz;
exception
  when datetime_field_overflow or invalid_datetime_format or invalid_time_zone_displacement_value
  then
  return null;
end $$;

-- Why a value does not have a type; null: it has. `integer` takes 400.0 for 400.
create function /* SCHEMA */type_problem(type text, argument jsonb, value jsonb) returns text
language plpgsql immutable set search_path = pg_catalog, pg_temp as $$
declare
  kind text := jsonb_typeof(value);
  number numeric;
  lowest numeric := coalesce((argument ->> 'minimum')::numeric, -9223372036854775808);
  highest numeric := coalesce((argument ->> 'maximum')::numeric, 9223372036854775807);
  must text;
begin
  case type
    when 'boolean' then must := case when kind <> 'boolean' then 'true or false' end;
    when 'integer' then
      if kind = 'number' then
        number := (value #>> '{}')::numeric;
      end if;
      if number is null or number <> trunc(number) then
        must := 'an integer';
      elsif number < lowest or number > highest then
        return format('%s is out of range: %s to %s', /* SCHEMA */shown(value), lowest, highest);
      end if;
    when 'number' then must := case when kind <> 'number' then 'a number' end;
    when 'string' then must := case when kind <> 'string' then 'a string' end;
    when 'bytes' then must := case when kind <> 'string' then 'bytes or a string' end;
    when 'time' then
      if /* SCHEMA */moment_of(value) is null then
        must := 'a time such as "2026-11-21T12:00:00Z"';
      end if;
    when 'day' then
      if length(value #>> '{}') <> 10 or /* SCHEMA */moment_of(value) is null then
        must := 'a day such as "2026-11-21"';
      end if;
    when 'duration' then
      if /* SCHEMA */duration_seconds(value) is null then
        must := 'a duration such as "90s" or a number of seconds';
      end if;
    when 'list' then must := case when kind <> 'array' then 'a list' end;
    when 'object' then must := case when kind <> 'object' then 'an object' end;
    else null;  -- any; or a type of a later version: its values are checked by the worker
  end case;
  if must is null then
    return null;
  end if;
  return format('must be %s, not %s', must, /* SCHEMA */shown(value));
end $$;

-- Why a value is none for an argument; null: it is one.
create function /* SCHEMA */argument_problem(argument jsonb, value jsonb) returns text
language plpgsql immutable set search_path = pg_catalog, pg_temp as $$
declare
  type text := coalesce(argument ->> 'type', 'any');
  problem text;
  element jsonb;
  position bigint;
begin
  if value = 'null' and (coalesce((argument ->> 'nullable')::boolean, false) or type = 'any' or
     not (coalesce((argument ->> 'required')::boolean, false) or argument ? 'default')) then
    return null;
  end if;
  problem := /* SCHEMA */type_problem(type, argument, value);
  if problem is not null then
    return problem;
  end if;
  if type = 'list' then
    for element, position in
      select one.value, one.ordinality - 1
      from jsonb_array_elements(value) with ordinality as one
      order by one.ordinality
    loop
      problem := /* SCHEMA */type_problem(coalesce(argument ->> 'element', 'any'), argument, element);
      if problem is not null then
        return format('element %s: %s', position, problem);
      end if;
    end loop;
  end if;
  if argument ? 'choices' and jsonb_array_length(argument -> 'choices') > 0 and exists (
    select
    from jsonb_array_elements(case when type = 'list' then value else jsonb_build_array(value) end)
      as given
    where not exists (
      select from jsonb_array_elements(argument -> 'choices') as choice
      where choice.value = given.value)
  ) then
    return format('%s is none of %s', /* SCHEMA */shown(value), (
      select string_agg(/* SCHEMA */shown(choice.value), ', ')
      from jsonb_array_elements(argument -> 'choices') as choice));
  end if;
  return null;
end $$;

-- Check the arguments of a task and fill in its defaults. The first mistake is raised as 22023
-- (invalid_parameter_value) with the argument as COLUMN.
create function /* SCHEMA */checked_arguments(task text, specification jsonb, args jsonb)
returns jsonb
language plpgsql immutable set search_path = pg_catalog, pg_temp as $$
declare
  known jsonb := coalesce(specification -> 'args', '[]');
  argument jsonb;
  name text;
  names text := (select string_agg(one ->> 'name', ', ') from jsonb_array_elements(known) as one);
  problem text;
begin
  if jsonb_typeof(args) <> 'object' then
    raise exception 'task "%": the arguments must be an object, not %', task, /* SCHEMA */shown(args)
      using errcode = 'invalid_parameter_value';
  end if;
  for name in select jsonb_object_keys(args) loop
    if not exists (select from jsonb_array_elements(known) as one where one ->> 'name' = name) then
      raise exception 'task "%": there is no argument "%": %', task, name,
        coalesce('the task takes ' || names, 'the task takes no arguments')
        using errcode = 'invalid_parameter_value', column = name;
    end if;
  end loop;
  for argument in select value from jsonb_array_elements(known) loop
    name := argument ->> 'name';
    if args ? name then
      problem := 'argument "' || name || '": ' ||
                 /* SCHEMA */argument_problem(argument, args -> name);
      if argument ->> 'type' = 'integer' and jsonb_typeof(args -> name) = 'number' then
        args := jsonb_set(args, array[name], to_jsonb(trunc((args ->> name)::numeric)));
      end if;
    elsif argument ? 'default' then
      args := args || jsonb_build_object(name, argument -> 'default');
    elsif coalesce((argument ->> 'required')::boolean, false) then
      problem := 'argument "' || name || '" is missing: it must be of type ' ||
                 (argument ->> 'type');
    end if;
    if problem is not null then
      raise exception 'task "%": %', task, problem
        using errcode = 'invalid_parameter_value', column = name;
    end if;
  end loop;
  return args;
end $$;

-- Read an option of `enqueue` that is a duration, in milliseconds: from 0 to 10 years.
create function /* SCHEMA */option_ms(task text, name text, value jsonb) returns bigint
language plpgsql immutable set search_path = pg_catalog, pg_temp as $$
declare
  seconds numeric := /* SCHEMA */duration_seconds(value);
begin
  if seconds is null or seconds < 0 or seconds > 315360000 then
    raise exception 'task "%": % must be a duration from 0s to 3650d, such as "90s" or a number of '
      'seconds, not %', task, name, /* SCHEMA */shown(value)
      using errcode = 'invalid_parameter_value', column = name;
  end if;
  return trunc(seconds * 1000);
end $$;

-- Read an option that is an integer of a range.
create function /* SCHEMA */option_integer(task text, name text, value jsonb, lowest integer,
                                           highest integer)
returns integer
language plpgsql immutable set search_path = pg_catalog, pg_temp as $$
declare
  problem text := /* SCHEMA */type_problem(
    'integer', jsonb_build_object('minimum', lowest, 'maximum', highest), value);
begin
  if problem is not null then
    raise exception 'task "%": % %', task, name, problem
      using errcode = 'invalid_parameter_value', column = name;
  end if;
  return (value #>> '{}')::numeric;
end $$;

-- Read an option that is text of a form.
create function /* SCHEMA */option_text(task text, name text, value jsonb, form text,
                                        longest integer, phrase text)
returns text
language plpgsql immutable set search_path = pg_catalog, pg_temp as $$
begin
  if jsonb_typeof(value) <> 'string' or octet_length(value #>> '{}') > longest or
     (value #>> '{}') !~ form then
    raise exception 'task "%": % must be %, not %', task, name, phrase, /* SCHEMA */shown(value)
      using errcode = 'invalid_parameter_value', column = name;
  end if;
  return value #>> '{}';
end $$;

-- Read the tags: null for none.
create function /* SCHEMA */option_tags(task text, value jsonb) returns text[]
language plpgsql immutable set search_path = pg_catalog, pg_temp as $$
declare
  tags text[];
  phrase constant text := 'must be a list of at most 50 different tags, each a string of 1 to 100 '
                          'bytes without commas or control characters';
begin
  if jsonb_typeof(value) <> 'array' or exists (
    select from jsonb_array_elements(value) as tag where jsonb_typeof(tag) <> 'string'
  ) then
    raise exception 'task "%": tags %, not %', task, phrase, /* SCHEMA */shown(value)
      using errcode = 'invalid_parameter_value', column = 'tags';
  end if;
  tags := array(select jsonb_array_elements_text(value));
  if cardinality(tags) > 50 or exists (
    select from unnest(tags) as tag
    where octet_length(tag) > 100 or tag !~ '^[^,\x01-\x1f\x7f]+$'
  ) or (select count(distinct tag) from unnest(tags) as tag) < cardinality(tags) then
    raise exception 'task "%": tags %, not %', task, phrase, /* SCHEMA */shown(value)
      using errcode = 'invalid_parameter_value', column = 'tags';
  end if;
  return nullif(tags, '{}');
end $$;

-- Refuse what a program could not read: the reserved key, numbers beyond a double, and nesting deeper
-- than 64.
create function /* SCHEMA */check_json(task text, what text, value jsonb) returns void
language plpgsql immutable set search_path = pg_catalog, pg_temp as $$
begin
  -- As text: a string's own quotes are escaped, so that only a key is followed by this.
  if value::text like '%"$stint.bytes":%' then
    raise exception 'task "%": %: the key "$stint.bytes" is reserved', task, what
      using errcode = 'invalid_parameter_value';
  end if;
  if jsonb_path_exists(value, '$.** ? (@.type() == "number" && (@ > 1.7e308 || @ < -1.7e308))') then
    raise exception 'task "%": %: a number is out of range', task, what
      using errcode = 'invalid_parameter_value';
  end if;
  if jsonb_path_exists(value, '$.**{64 to last}') then
    raise exception 'task "%": %: nested deeper than 64', task, what
      using errcode = 'invalid_parameter_value';
  end if;
end $$;

-- Move the bytes among the arguments, given as strings, out of the way: their place tells which
-- attachment it is. Returns the arguments and the data, in order.
create function /* SCHEMA */take_attachments(specification jsonb, inout args jsonb,
                                             out data bytea[])
language plpgsql immutable set search_path = pg_catalog, pg_temp as $$
declare
  name text;
begin
  data := '{}';
  for name in
    select one ->> 'name' from jsonb_array_elements(coalesce(specification -> 'args', '[]')) as one
    where one ->> 'type' = 'bytes'
  loop
    continue when jsonb_typeof(args -> name) is distinct from 'string';
    data := data || convert_to(args ->> name, 'UTF8');
    args := jsonb_set(args, array[name], jsonb_build_object(
      '$stint.bytes', cardinality(data) - 1, 'size', octet_length(data[cardinality(data)])));
  end loop;
end $$;

-- Ask for a job, inside the caller's transaction: it exists once that commits. Returns its number.
-- Options: priority, run_at or delay, domain, node, max_attempts, timeout, metadata, tags,
-- idempotency_key as for the library; `unregistered`: true takes a task that nobody has registered,
-- whose arguments are checked by a worker alone; `notify`: false lets workers find the job by time
-- (within a second), for many jobs in one transaction. Refusals: 42704 (undefined_object) for an
-- unknown task, 22023 (invalid_parameter_value) for anything else, with the argument or option as
-- COLUMN.
create function /* SCHEMA */enqueue(task text, args jsonb default '{}', options jsonb default '{}')
returns bigint
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  specification jsonb;
  name text;
  id bigint;
  owner bigint;
  now timestamptz := statement_timestamp();
  run_at timestamptz;
  priority integer;
  max_attempts integer;
  timeout bigint;
  domain text;
  node text;
  job_key text;
  tags text[];
  metadata jsonb;
  flags integer;
  attachments bytea[];
  names constant text[] := array['priority', 'run_at', 'delay', 'domain', 'node', 'max_attempts',
    'timeout', 'metadata', 'tags', 'idempotency_key', 'unregistered', 'notify'];
begin
  if task is null or octet_length(task) > 200 or
     task !~ '^[A-Za-z_][A-Za-z0-9_-]*(\.[A-Za-z_][A-Za-z0-9_-]*)+$' then
    raise exception '"%" is no name of a task: a name is "module.task" of letters, digits, _ and -, '
      '200 bytes at most', coalesce(task, 'null') using errcode = 'invalid_parameter_value';
  end if;
  args := coalesce(nullif(args, 'null'), '{}');
  options := coalesce(nullif(options, 'null'), '{}');
  if jsonb_typeof(options) <> 'object' then
    raise exception 'task "%": the options must be an object, not %', task,
      /* SCHEMA */shown(options) using errcode = 'invalid_parameter_value';
  end if;
  for name in select jsonb_object_keys(options) loop
    if name <> all (names) then
      raise exception 'task "%": there is no option "%": there are %', task, name,
        array_to_string(names, ', ') using errcode = 'invalid_parameter_value', column = name;
    end if;
  end loop;
  options := jsonb_strip_nulls(options - 'metadata') ||
             case when options ? 'metadata' then jsonb_build_object('metadata', options -> 'metadata')
                  else '{}' end;

  select known.specification::jsonb into specification
  from /* SCHEMA */task as known where known.name = enqueue.task;
  if not found and options -> 'unregistered' is distinct from 'true' then
    raise exception 'there is no task "%"', task
      using errcode = 'undefined_object',
            hint = 'A worker that has it registers it when it starts; so does '
                   '`stint task register`. The option "unregistered": true enqueues it unchecked.';
  end if;
  if specification is not null then
    args := /* SCHEMA */checked_arguments(task, specification, args);
  elsif jsonb_typeof(args) <> 'object' then
    raise exception 'task "%": the arguments must be an object, not %', task,
      /* SCHEMA */shown(args) using errcode = 'invalid_parameter_value';
  end if;
  perform /* SCHEMA */check_json(task, 'the arguments', args);
  select taken.args, taken.data into args, attachments
  from /* SCHEMA */take_attachments(specification, args) as taken;

  priority := /* SCHEMA */option_integer(task, 'priority',
    coalesce(options -> 'priority', specification -> 'priority', '0'), -32768, 32767);
  max_attempts := /* SCHEMA */option_integer(task, 'max_attempts',
    coalesce(options -> 'max_attempts', specification #> '{retry,max_attempts}', '1'), 1, 1000);
  timeout := /* SCHEMA */option_ms(task, 'timeout',
    coalesce(options -> 'timeout', specification -> 'timeout', '0'));
  domain := /* SCHEMA */option_text(task, 'domain',
    coalesce(options -> 'domain', specification -> 'domain', '"default"'),
    '^[A-Za-z0-9_.-]+$', 63, '1 to 63 of letters, digits, _ . -');
  node := nullif(/* SCHEMA */option_text(task, 'node',
    coalesce(options -> 'node', specification -> 'node', '""'),
    '^[A-Za-z0-9_.-]*$', 253, '1 to 253 of letters, digits, _ . -'), '');
  job_key := nullif(/* SCHEMA */option_text(task, 'idempotency_key',
    coalesce(options -> 'idempotency_key', '""'), '^[^\x01-\x1f\x7f]*$', 500,
    'at most 500 bytes without control characters'), '');
  if job_key like 'stint:%' then
    raise exception 'task "%": idempotency_key begins with "stint:", which is reserved', task
      using errcode = 'invalid_parameter_value', column = 'idempotency_key';
  end if;
  tags := /* SCHEMA */option_tags(task, coalesce(options -> 'tags', '[]'));
  metadata := coalesce(nullif(options -> 'metadata', 'null'), '{}');
  if jsonb_typeof(metadata) <> 'object' then
    raise exception 'task "%": metadata must be an object, not %', task, /* SCHEMA */shown(metadata)
      using errcode = 'invalid_parameter_value', column = 'metadata';
  end if;
  perform /* SCHEMA */check_json(task, 'metadata', metadata);
  if options ? 'run_at' and options ? 'delay' then
    raise exception 'task "%": run_at and delay are both given: leave one of them out', task
      using errcode = 'invalid_parameter_value', column = 'run_at';
  end if;
  if options ? 'run_at' then
    run_at := /* SCHEMA */moment_of(options -> 'run_at');
    if run_at is null or run_at < '1970-01-01Z' or run_at > '2200-01-01Z' then
      raise exception 'task "%": run_at must be a time from 1970 to 2199 such as '
        '"2026-11-21T12:00:00Z", not %', task, /* SCHEMA */shown(options -> 'run_at')
        using errcode = 'invalid_parameter_value', column = 'run_at';
    end if;
  else
    run_at := now + interval '1 millisecond' *
      /* SCHEMA */option_ms(task, 'delay', coalesce(options -> 'delay', '0'));
  end if;
  flags := case when (specification -> 'at_most_once')::boolean then 1 else 0 end +
           case when (specification -> 'exclusive')::boolean then 2 else 0 end;

  -- Workers make the partitions ahead of time: to make one here has others wait for our commit.
  id := nextval('/* SCHEMA */job_id');
  perform /* SCHEMA */make_partition(id / 1000000);
  while job_key is not null loop
    insert into /* SCHEMA */idempotency as known (job, created_at, key) values (id, now, job_key)
    on conflict do nothing;
    select known.job into owner from /* SCHEMA */idempotency as known
    where known.key = job_key;
    if owner = id then
      exit;
    elsif owner is not null then
      return owner;
    end if;  -- else it was purged in between
  end loop;
  insert into /* SCHEMA */job (id, created_at, run_at, timeout_ms, priority, max_attempts, flags,
                               has_attachments, domain, task, node, args, metadata, tags,
                               idempotency_key)
  values (id, now, run_at, timeout, priority, max_attempts, flags, cardinality(attachments) > 0,
          domain, task, node, args::json, nullif(metadata, '{}')::json, tags, job_key);
  insert into /* SCHEMA */live (id, run_at, priority, state, flags, max_attempts, domain, task, node)
  values (id, run_at, priority, 1, flags, max_attempts, domain, task, node);
  insert into /* SCHEMA */attachment (job, position, kind, data)
  select id, one.ordinality - 1, 1, one.data from unnest(attachments) with ordinality as one (data);
  if run_at <= now and options -> 'notify' is distinct from 'false' then
    perform pg_notify(/* SCHEMA */wake_channel(), domain);
  end if;
  return id;
end $$;

-- The call of JobMaster: the task is TYPE_KEY.TASK_KEY. `job_id` becomes the job's number; `message`
-- is for notes.
create procedure /* SCHEMA */insert_job(type_key text, task_key text, priority integer, args json,
                                        inout job_id bigint default null,
                                        inout message text default null)
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  job_id := /* SCHEMA */enqueue(type_key || '.' || task_key, args::jsonb,
    case when priority is null then '{}' else jsonb_build_object('priority', priority) end);
  message := null;
end $$;

-- For reports. `state` is what the command line says.
create view /* SCHEMA */jobs as
select id, task,
       case state
         when 1 then case when run_at > statement_timestamp() then 'scheduled' else 'queued' end
         when 2 then 'gated'
         when 3 then case when abort_at is not null then 'aborting' else 'running' end
         when 4 then 'done'
         when 5 then 'failed'
         when 6 then 'aborted'
       end as state, domain, node, priority,
       args, metadata, tags, idempotency_key, attempts, failures, crashes, interruptions,
       max_attempts, timeout_ms, created_at, run_at, started_at, finished_at, worker, progress,
       progress_message, cause, error, output
from /* SCHEMA */job_record;

create view /* SCHEMA */tasks as
select name, specification, registered_at from /* SCHEMA */task;

create view /* SCHEMA */workers as
select id, case state when 1 then 'alive' when 2 then 'stopped' when 3 then 'dead' end as state,
       node, host, pid, slots, domains, version, started_at, beat_at, ended_at
from /* SCHEMA */worker;

-- What became of a job; null: there is no such job.
create function /* SCHEMA */job_state(job_id bigint) returns text
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select state from /* SCHEMA */jobs where id = job_id
$$;

-- Ask for the end of a job: one that waits is aborted when the caller commits, one that runs is asked
-- to stop. Returns its state then; null: there is no such job. Who asked is noted.
create function /* SCHEMA */abort_job(job_id bigint, message text default null) returns text
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  holder bigint;
  said text := coalesce(message || ' ', '') || format('(by %s)', session_user);
begin
  -- Whoever completes it now comes first: what follows must see the state after that.
  perform from /* SCHEMA */live where id = job_id for update;
  with gone as (
    delete from /* SCHEMA */live where id = job_id and state in (1, 2) returning live.*
  )
  insert into /* SCHEMA */finished (id, epoch, run_at, finished_at, started_at, worker, attempts,
                                    interruptions, crashes, progress, failures, state, domain,
                                    cause, progress_message, error)
  select id, epoch, run_at, statement_timestamp(), started_at, worker, attempts, interruptions,
         crashes, progress, failures, 6, domain, 'aborted', progress_message,
         json_build_object('type', 'Aborted', 'message', said, 'causes', '[]'::json)
  from gone;
  if not found then
    update /* SCHEMA */live set abort_at = statement_timestamp(), abort_message = said
    where id = job_id and state = 3 and abort_at is null
    returning worker into holder;
    if found then
      perform pg_notify(/* SCHEMA */wake_channel(), 'w:' || holder);
    end if;
  end if;
  return /* SCHEMA */job_state(job_id);
end $$;

-- Try a job again: one that failed or was aborted is queued anew, with all its attempts; one that
-- waits for its time is due now. Returns its state then; null: there is no such job. A job that runs
-- or is done is left alone.
create function /* SCHEMA */retry_job(job_id bigint) returns text
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  queued_in text;
begin
  update /* SCHEMA */live set run_at = statement_timestamp()
  where id = job_id and state = 1 and run_at > statement_timestamp()
  returning domain into queued_in;
  if not found then
    with gone as (
      delete from /* SCHEMA */finished where id = job_id and state in (5, 6) returning finished.*
    )
    insert into /* SCHEMA */live (id, epoch, run_at, worker, started_at, attempts, interruptions,
                                  crashes, priority, state, flags, max_attempts, domain, task, node,
                                  cause, error)
    select gone.id, gone.epoch, statement_timestamp(), gone.worker, gone.started_at, gone.attempts,
           gone.interruptions, gone.crashes, job.priority, 1, job.flags, job.max_attempts,
           job.domain, job.task, job.node, gone.cause, gone.error
    from gone join /* SCHEMA */job on job.id = gone.id
    returning domain into queued_in;
    -- The bytes of an output that a failed attempt had set would stand in the way of the next one's.
    delete from /* SCHEMA */attachment
    where queued_in is not null and job = job_id and kind = 2;
  end if;
  if queued_in is not null then
    perform pg_notify(/* SCHEMA */wake_channel(), queued_in);
  end if;
  return /* SCHEMA */job_state(job_id);
end $$;

-- Say why a job is where it is; null: there is no such job.
create function /* SCHEMA */explain_job(job_id bigint) returns text
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare
  job /* SCHEMA */jobs%rowtype;
  holder /* SCHEMA */workers%rowtype;
  now timestamptz := statement_timestamp();
  reasons text := '';
  ahead bigint;
begin
  select * into job from /* SCHEMA */jobs where id = job_id;
  if not found then
    return null;
  end if;
  select * into holder from /* SCHEMA */workers where id = job.worker;
  if job.state in ('done', 'failed', 'aborted') then
    return format('%s at %s%s', job.state, job.finished_at,
                  coalesce(': ' || coalesce(job.error ->> 'message', job.cause), ''));
  elsif job.state in ('running', 'aborting') then
    return format('%s in worker %s on %s%s%s', job.state, job.worker, holder.host,
                  coalesce(' since ' || job.started_at, ''),
                  case when holder.state <> 'alive'
                       then format('; that worker is %s: the job is about to be rescued', holder.state)
                       else '' end);
  elsif job.state = 'scheduled' then
    return format('scheduled: due at %s%s', job.run_at,
                  case when job.failures + job.crashes > 0
                       then format(', after %s failed and %s crashed attempts', job.failures,
                                   job.crashes)
                       else '' end);
  end if;
  if not exists (
    select from /* SCHEMA */workers
    where state = 'alive' and (job.node is null or node = job.node)
      and job.domain = any (array(
        select split_part(part, '=', 1) from regexp_split_to_table(domains, '\s*,\s*') as part))
  ) then
    reasons := format('; no live worker%s serves the domain "%s"',
                      coalesce(' on the node "' || job.node || '"', ''), job.domain);
  end if;
  if not exists (select from /* SCHEMA */task where name = job.task) then
    reasons := reasons || format('; no program has registered the task "%s"', job.task);
  end if;
  if job.crashes > 0 then
    reasons := reasons || '; it crashed before, so it waits until it can run alone';
  end if;
  select count(*) into ahead
  from (select from /* SCHEMA */live
        where state = 1 and domain = job.domain and run_at <= now
          and (priority > job.priority
               or priority = job.priority and (run_at, id) < (job.run_at, job.id))
        limit 10000) as before;
  return format('%s: %s%s%s', job.state, ahead, case when ahead = 10000 then ' or more' else '' end,
                ' jobs of its domain are before it') || reasons;
end $$;

-- Nobody but the owner, until `stint db grant` says so.
revoke all on function /* SCHEMA */sql_interface_version() from public;
revoke all on function /* SCHEMA */wake_channel() from public;
revoke all on function /* SCHEMA */shown(jsonb) from public;
revoke all on function /* SCHEMA */duration_seconds(jsonb) from public;
revoke all on function /* SCHEMA */moment_of(jsonb) from public;
revoke all on function /* SCHEMA */type_problem(text, jsonb, jsonb) from public;
revoke all on function /* SCHEMA */argument_problem(jsonb, jsonb) from public;
revoke all on function /* SCHEMA */checked_arguments(text, jsonb, jsonb) from public;
revoke all on function /* SCHEMA */option_ms(text, text, jsonb) from public;
revoke all on function /* SCHEMA */option_integer(text, text, jsonb, integer, integer) from public;
revoke all on function /* SCHEMA */option_text(text, text, jsonb, text, integer, text) from public;
revoke all on function /* SCHEMA */option_tags(text, jsonb) from public;
revoke all on function /* SCHEMA */check_json(text, text, jsonb) from public;
revoke all on function /* SCHEMA */take_attachments(jsonb, jsonb) from public;
revoke all on function /* SCHEMA */enqueue(text, jsonb, jsonb) from public;
revoke all on procedure /* SCHEMA */insert_job(text, text, integer, json, bigint, text) from public;
revoke all on function /* SCHEMA */job_state(bigint) from public;
revoke all on function /* SCHEMA */abort_job(bigint, text) from public;
revoke all on function /* SCHEMA */retry_job(bigint) from public;
revoke all on function /* SCHEMA */explain_job(bigint) from public;

-- So that the first job by SQL makes no partition.
select /* SCHEMA */make_partition(last_value / 1000000),
       /* SCHEMA */make_partition(last_value / 1000000 + 1)
from /* SCHEMA */job_id;
