-- Insert jobs of any kind: $1 now (null: the server's), $2 ids, $3 args, $4 tasks, $5 domains,
-- $6 nodes, $7 priorities, $8 max_attempts, $9 timeouts in ms, $10 flags, $11 run_at (null: now
-- plus $12 ms), $13 metadata, $14 tags (array literals), $15 idempotency keys, $16 has_attachments,
-- $17 up to how many bytes arguments are short. Those that are there already are left
-- alone; so are those whose key belongs to another.
with made as (
  insert into /* SCHEMA */job (id, created_at, run_at, timeout_ms, priority, max_attempts, flags,
                               has_attachments, domain, task, node, args, metadata, tags,
                               idempotency_key)
  select asked.id, moment.now,
         coalesce(asked.run_at, moment.now + asked.delay_ms * interval '1 millisecond'),
         asked.timeout_ms, asked.priority, asked.max_attempts, asked.flags, asked.has_attachments,
         asked.domain, asked.task, asked.node, asked.args::json, asked.metadata::json,
         asked.tags::text[], asked.key
  from unnest($2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[], $7::smallint[],
              $8::smallint[], $9::bigint[], $10::smallint[], $11::timestamptz[], $12::bigint[],
              $13::text[], $14::text[], $15::text[], $16::boolean[])
    as asked (id, args, task, domain, node, priority, max_attempts, timeout_ms, flags, run_at,
              delay_ms, metadata, tags, key, has_attachments)
  cross join (select coalesce($1, statement_timestamp())) as moment (now)
  where asked.key is null
     or asked.id = (select known.job from /* SCHEMA */idempotency known where known.key = asked.key)
  on conflict (id) do nothing
  returning id, run_at, priority, flags, max_attempts, domain, task, node, args,
            timeout_ms = 0 and not has_attachments and metadata is null as needs_args_alone
)
insert into /* SCHEMA */live (id, run_at, priority, state, flags, max_attempts, domain, task, node,
                              short_args)
select id, run_at, priority, 1, flags, max_attempts, domain, task, node,
       case when needs_args_alone and octet_length(args::text) <= $17::integer then args end
from made
