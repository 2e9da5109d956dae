-- Insert jobs that are alike but for their ids and arguments: $1 now (null: the server's), $2 ids,
-- $3 args, $4 task, $5 domain, $6 node, $7 priority, $8 max_attempts, $9 timeout in ms, $10 flags,
-- $11 run_at (null: now plus $12 ms), $13 whether a claim needs no more than the arguments, which are
-- short. Fails if they are there already: to look for that row by row costs a quarter of the whole.
with moment as (
  select coalesce($11::timestamptz,
                  coalesce($1, statement_timestamp()) + $12::bigint * interval '1 millisecond')
           as run_at
), made as (
  insert into /* SCHEMA */job (id, created_at, run_at, timeout_ms, priority, max_attempts, flags,
                               has_attachments, domain, task, node, args)
  select asked.id, (select coalesce($1, statement_timestamp())), (select run_at from moment),
         $9::bigint, $7::smallint, $8::smallint, $10::smallint, false, $5::text, $4::text, $6::text,
         asked.args
  from unnest($2::bigint[], $3::json[]) as asked (id, args)
)
insert into /* SCHEMA */live (id, run_at, priority, state, flags, max_attempts, domain, task, node,
                              short_args)
select asked.id, (select run_at from moment), $7::smallint, 1, $10::smallint, $8::smallint,
       $5::text, $4::text, $6::text,
       case when $13::boolean then asked.args end
from unnest($2::bigint[], $3::json[]) as asked (id, args)
