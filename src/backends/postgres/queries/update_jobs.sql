-- Change jobs that wait: $1 now (null: the server's), $2 ids, which are from $3 to $4, $5 the epochs
-- that they must have (null: any), $6 priorities, $7 run_at, $8 run_at in so many ms from now, $9 args,
-- $10 has_attachments (null: as they are); $11 jobs, $12 positions and $13 data of the bytes of these
-- args. Returns id, domain, and whether it was put forward so that it is due now.
with told as materialized (
  select told.*, coalesce($1, statement_timestamp()) as now
  from unnest($2::bigint[], $5::bigint[], $6::smallint[], $7::timestamptz[], $8::bigint[], $9::text[],
              $10::boolean[])
    as told (id, epoch, priority, run_at, delay_ms, args, has_attachments)
), changed as (
  update /* SCHEMA */live
  set epoch = live.epoch + (told.args is not null)::integer,
      priority = coalesce(told.priority, live.priority),
      run_at = coalesce(told.run_at, told.now + told.delay_ms * interval '1 millisecond', live.run_at),
      short_args = case when told.args is null then live.short_args end
  from told
  where live.id = told.id and live.state in (1, 2)
    and (told.epoch is null or told.epoch = live.epoch)
  returning live.id, live.domain, told.priority, told.args, told.has_attachments,
            live.state = 1 and live.run_at <= told.now
              and (told.run_at is not null or told.delay_ms is not null) as is_due
), asked as (
  update /* SCHEMA */job
  set priority = coalesce(changed.priority, job.priority),
      args = coalesce(changed.args::json, job.args),
      has_attachments = coalesce(changed.has_attachments, job.has_attachments)
  from changed
  where job.id = changed.id and job.id between $3 and $4
    and (changed.priority is not null or changed.args is not null)
), kept as (
  insert into /* SCHEMA */attachment (job, position, kind, data)
  select given.job, given.position, 1, given.data
  from unnest($11::bigint[], $12::integer[], $13::bytea[]) as given (job, position, data)
  where given.job = any(array(select id from changed))
  on conflict (job, kind, position) do update set data = excluded.data
), rest as (
  delete from /* SCHEMA */attachment
  where kind = 1 and job = any(array(select id from changed where args is not null))
    and position >= (select count(*) from unnest($11::bigint[]) as given (job)
                     where given.job = attachment.job)
)
select id, domain, is_due from changed
