-- Insert one job without metadata, tags, attachments and a key: $1 now (null: the server's), $2 id,
-- $3 args, $4 task, $5 domain, $6 node, $7 priority, $8 max_attempts, $9 timeout in ms, $10 flags,
-- $11 run_at (null: now plus $12 ms), $13 whether a claim needs no more than the arguments, which are
-- short. Does what `enqueue` does for a single job, a tenth quicker. Fails if it is there already.
with moment as (
  select coalesce($1, statement_timestamp()) as now,
         coalesce($11::timestamptz,
                  coalesce($1, statement_timestamp()) + $12::bigint * interval '1 millisecond')
           as run_at
), made as (
  insert into /* SCHEMA */job (id, created_at, run_at, timeout_ms, priority, max_attempts, flags,
                               has_attachments, domain, task, node, args)
  values ($2::bigint, (select now from moment), (select run_at from moment), $9::bigint,
          $7::smallint, $8::smallint, $10::smallint, false, $5::text, $4::text, $6::text,
          $3::text::json)
)
insert into /* SCHEMA */live (id, run_at, priority, state, flags, max_attempts, domain, task, node,
                              short_args)
values ($2::bigint, (select run_at from moment), $7::smallint, 1, $10::smallint, $8::smallint,
        $5::text, $4::text, $6::text, case when $13::boolean then $3::text::json end)
