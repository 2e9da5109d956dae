-- Programs of version 4 on keep working beside this one.
-- oldest-program: 4

-- Dates and moments among the arguments may be written as date math, as the library reads it:
-- `now-1d/d`, `2023-05-20||+7d`, `today-1d`. Dates are resolved when the job is enqueued, against the
-- time at which it is due, and stored so; moments when an attempt starts.

create or replace function /* SCHEMA */sql_interface_version() returns integer
language sql immutable as 'select 2';

-- Whether a text is meant as date math rather than a plain date or time.
create function /* SCHEMA */is_date_math(given text) returns boolean
language sql immutable set search_path = pg_catalog, pg_temp as $$
  select given like '%||%' or given ~ '^(now|today|yesterday|tomorrow)([^A-Za-z]|$)'
$$;

-- Whether a value is date math without a mistake.
create function /* SCHEMA */reads_as_date_math(value jsonb) returns boolean
language plpgsql immutable set search_path = pg_catalog, pg_temp as $$
declare
  given text := value #>> '{}';
  steps constant text := '([+-][0-9]{0,9}[yMwdhHms]|/[yMwdhHms])*$';
begin
  if jsonb_typeof(value) <> 'string' or octet_length(given) > 200 then
    return false;
  elsif given like '%||%' then
    return /* SCHEMA */moment_of(to_jsonb(split_part(given, '||', 1))) is not null
           and substr(given, strpos(given, '||') + 2) ~ ('^' || steps);
  end if;
  return given ~ ('^(now|today|yesterday|tomorrow)' || steps);
end $$;

-- Whether a value, or one of a list, is date math.
create function /* SCHEMA */is_open_date(argument jsonb, value jsonb) returns boolean
language sql immutable set search_path = pg_catalog, pg_temp as $$
  select case
    when case when argument ->> 'type' = 'list' then argument ->> 'element'
              else argument ->> 'type' end not in ('day', 'time') then false
    when jsonb_typeof(value) = 'string' then /* SCHEMA */is_date_math(value #>> '{}')
    when jsonb_typeof(value) = 'array' then exists (
      select from jsonb_array_elements(value) as one
      where jsonb_typeof(one.value) = 'string' and /* SCHEMA */is_date_math(one.value #>> '{}'))
    else false end
$$;

-- The moment of a local time. Where clocks were put back it comes twice: the one that is `preferred`
-- from UTC, else the first; where they were put forward it may not exist: then it is moved on by as
-- much as the clocks were.
create function /* SCHEMA */local_moment(local_time timestamp, zone text, preferred interval)
returns timestamptz
language plpgsql stable set search_path = pg_catalog, pg_temp set timezone = 'UTC' as $$
declare
  as_utc timestamptz := local_time at time zone 'UTC';
  earlier timestamptz := as_utc - interval '24 hours';
  later timestamptz := as_utc + interval '24 hours';
  before interval := (earlier at time zone zone) - (earlier at time zone 'UTC');
  after interval := (later at time zone zone) - (later at time zone 'UTC');
  distance interval;
begin
  foreach distance in array array[preferred, greatest(before, after), least(before, after)] loop
    if ((as_utc - distance) at time zone zone) = local_time then
      return as_utc - distance;
    end if;
  end loop;
  return as_utc - before;
end $$;

-- Evaluate date math that reads_as_date_math. Null: it leads out of the years 1678 to 2261.
create function /* SCHEMA */date_math(given text, base timestamptz, zone text) returns timestamptz
language plpgsql stable set search_path = pg_catalog, pg_temp set timezone = 'UTC' as $$
declare
  anchor text := substring(given from '^[a-z]+');
  steps text := substr(given, coalesce(length(anchor), 0) + 1);
  step text[];
  count bigint;
  unit text;
  moment timestamptz;
  distance interval;
begin
  if given like '%||%' then
    anchor := split_part(given, '||', 1);
    steps := substr(given, length(anchor) + 3);
    moment := /* SCHEMA */moment_of(to_jsonb(anchor));
    if anchor !~ '([Zz]|[+-][0-9]{2}:[0-9]{2})$' then
      moment := /* SCHEMA */local_moment(moment at time zone 'UTC', zone, null);
    end if;
  elsif anchor = 'now' then
    moment := base;
  else
    moment := /* SCHEMA */local_moment(
      date_trunc('day', base at time zone zone) +
        case anchor when 'yesterday' then interval '-1 day' when 'tomorrow' then interval '1 day'
                    else interval '0' end,
      zone, null);
  end if;
  for step in select regexp_matches(steps, '([+/-])([0-9]*)([yMwdhHms])', 'g') loop
    unit := case step[3] when 'y' then 'year' when 'M' then 'month' when 'w' then 'week'
                         when 'd' then 'day' when 'm' then 'minute' when 's' then 'second'
                         else 'hour' end;
    distance := (moment at time zone zone) - (moment at time zone 'UTC');
    if step[1] = '/' then
      moment := case
        when unit = 'second' then date_trunc('second', moment)
        else /* SCHEMA */local_moment(
          date_trunc(unit, moment at time zone zone), zone,
          case when unit in ('hour', 'minute') then distance end) end;
    else
      count := coalesce(nullif(step[2], ''), '1')::bigint * case step[1] when '-' then -1 else 1 end;
      if unit in ('hour', 'minute', 'second') then
        moment := moment + ('1 ' || unit)::interval * count;
      else
        moment := /* SCHEMA */local_moment(
          (moment at time zone zone) + ('1 ' || unit)::interval * count, zone, distance);
      end if;
    end if;
    if moment < '1678-01-01Z' or moment >= '2262-01-01Z' then
      return null;
    end if;
  end loop;
  return case when moment >= '1678-01-01Z' and moment < '2262-01-01Z' then moment end;
exception
  when datetime_field_overflow or interval_field_overflow or numeric_value_out_of_range then
  return null;
end $$;

-- Resolve the dates among the arguments against the time at which the job is due, and look that the
-- moments can be resolved. Where the server does not know the zone, a worker resolves them.
create function /* SCHEMA */resolved_dates(task text, specification jsonb, args jsonb,
                                           due timestamptz)
returns jsonb
language plpgsql stable set search_path = pg_catalog, pg_temp set timezone = 'UTC' as $$
declare
  argument jsonb;
  name text;
  type text;
  zone text;
  value jsonb;
  resolved jsonb;
  moment timestamptz;
  problem text;
begin
  for argument in
    select one.value from jsonb_array_elements(coalesce(specification -> 'args', '[]')) as one
  loop
    name := argument ->> 'name';
    continue when not coalesce(/* SCHEMA */is_open_date(argument, args -> name), false);
    type := case when argument ->> 'type' = 'list' then argument ->> 'element'
                 else argument ->> 'type' end;
    zone := coalesce(argument ->> 'zone', specification ->> 'zone', 'UTC');
    begin
      perform due at time zone zone;
    exception when invalid_parameter_value then
      continue;
    end;
    resolved := '[]';
    for value in
      select one.value
      from jsonb_array_elements(case when jsonb_typeof(args -> name) = 'array' then args -> name
                                     else jsonb_build_array(args -> name) end)
        with ordinality as one
      order by one.ordinality
    loop
      if jsonb_typeof(value) = 'string' and /* SCHEMA */is_date_math(value #>> '{}') then
        moment := /* SCHEMA */date_math(value #>> '{}', due, zone);
        if moment is null then
          raise exception 'task "%": argument "%": % leads out of the years 1678 to 2261', task, name,
            /* SCHEMA */shown(value)
            using errcode = 'invalid_parameter_value', column = name;
        end if;
        value := to_jsonb(to_char(moment at time zone zone, 'YYYY-MM-DD'));
      end if;
      resolved := resolved || value;
    end loop;
    continue when type <> 'day';
    if jsonb_typeof(args -> name) <> 'array' then
      resolved := resolved -> 0;
    end if;
    args := jsonb_set(args, array[name], resolved);
    problem := /* SCHEMA */argument_problem(argument, resolved);
    if problem is not null then
      raise exception 'task "%": argument "%": %', task, name, problem
        using errcode = 'invalid_parameter_value', column = name;
    end if;
  end loop;
  return args;
end $$;

-- Why a value does not have a type; null: it has. `integer` takes 400.0 for 400.
create or replace function /* SCHEMA */type_problem(type text, argument jsonb, value jsonb) returns text
language plpgsql immutable set search_path = pg_catalog, pg_temp as $$
declare
  kind text := jsonb_typeof(value);
  number numeric;
  lowest constant numeric := coalesce((argument ->> 'minimum')::numeric, -9223372036854775808);
  highest constant numeric := coalesce((argument ->> 'maximum')::numeric, 9223372036854775807);
  must text;
  meant boolean := false;
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
    when 'number' then
      if kind <> 'number' then
        must := 'a number';
      elsif (value #>> '{}')::numeric < (argument ->> 'minimum')::numeric then
        return format('%s is less than %s', /* SCHEMA */shown(value), argument ->> 'minimum');
      elsif (value #>> '{}')::numeric > (argument ->> 'maximum')::numeric then
        return format('%s is more than %s', /* SCHEMA */shown(value), argument ->> 'maximum');
      end if;
    when 'string' then must := case when kind <> 'string' then 'a string' end;
    when 'bytes' then must := case when kind <> 'string' then 'bytes or a string' end;
    when 'time' then
      if /* SCHEMA */moment_of(value) is null and not /* SCHEMA */reads_as_date_math(value) then
        must := 'a moment such as "2026-11-21T12:00:00Z" or "now-1h"';
        meant := kind = 'string' and /* SCHEMA */is_date_math(value #>> '{}');
      end if;
    when 'day' then
      if (length(value #>> '{}') <> 10 or /* SCHEMA */moment_of(value) is null)
         and not /* SCHEMA */reads_as_date_math(value) then
        must := 'a date such as "2026-11-21" or "today-1d"';
        meant := kind = 'string' and /* SCHEMA */is_date_math(value #>> '{}');
      end if;
    when 'time_of_day' then
      if kind <> 'string' or (value #>> '{}') !~
         '^([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9](\.[0-9]+)?)?$' then
        must := 'a time of day such as "07:30" or "07:30:15"';
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
  elsif meant then
    return format('%s is no date expression such as now-1d/d or 2026-11-21||+7d (units y, M, w, d, '
                  'h, m, s)', /* SCHEMA */shown(value));
  end if;
  return format('must be %s, not %s', must, /* SCHEMA */shown(value));
end $$;

-- Why a value is none for an argument; null: it is one.
create or replace function /* SCHEMA */argument_problem(argument jsonb, value jsonb) returns text
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
  if /* SCHEMA */is_open_date(argument, value) then
    return null;  -- what it comes to is looked at when it is resolved
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

-- Ask for a job, inside the caller's transaction: it exists once that commits. Returns its number.
-- Options: priority, run_at or delay, domain, node, max_attempts, timeout, metadata, tags,
-- idempotency_key as for the library; `unregistered`: true takes a task that nobody has registered,
-- whose arguments are checked by a worker alone; `notify`: false lets workers find the job by time
-- (within a second), for many jobs in one transaction. Refusals: 42704 (undefined_object) for an
-- unknown task, 22023 (invalid_parameter_value) for anything else, with the argument or option as
-- COLUMN.
create or replace function /* SCHEMA */enqueue(task text, args jsonb default '{}', options jsonb default '{}')
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
  if specification is not null then
    args := /* SCHEMA */resolved_dates(task, specification, args, run_at);
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

revoke all on function /* SCHEMA */is_date_math(text) from public;
revoke all on function /* SCHEMA */reads_as_date_math(jsonb) from public;
revoke all on function /* SCHEMA */is_open_date(jsonb, jsonb) from public;
revoke all on function /* SCHEMA */local_moment(timestamp, text, interval) from public;
revoke all on function /* SCHEMA */date_math(text, timestamptz, text) from public;
revoke all on function /* SCHEMA */resolved_dates(text, jsonb, jsonb, timestamptz) from public;
