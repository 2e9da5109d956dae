-- Programs of version 4 on keep working beside this one.
-- oldest-program: 4

-- The oldest version of programs that can use the tables from this migration on; null: the migration's
-- own.
alter table /* SCHEMA */migration add column oldest_program integer;

-- What a worker did lately, as it tells with its beats.
alter table /* SCHEMA */worker add column counts json;

-- Drop the partitions, oldest first, that hold nothing any more and will never be written again.
-- Dropping needs a lock on everything for a moment: who cannot have it soon leaves it for later. The
-- locks are taken in the order of an exchange, whole tables before their parts, so that neither waits for
-- the other.
create or replace function /* SCHEMA */drop_empty_partitions() returns integer
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
      lock table only /* SCHEMA */finished, only /* SCHEMA */job in access exclusive mode;
      execute format('lock table /* SCHEMA */finished_p%1$s, /* SCHEMA */job_p%1$s '
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
