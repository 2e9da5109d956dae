-- Remove the jobs of $1, whose ids are from $2 to $3, with all that belongs to them, if they stand
-- neither among the live nor among the finished ones any more.
with past as materialized (
  select asked.id
  from unnest($1::bigint[]) as asked (id)
  where not exists (select from /* SCHEMA */live where live.id = asked.id offset 0)
    and not exists (select from /* SCHEMA */finished where finished.id = asked.id offset 0)
), keys as (
  delete from /* SCHEMA */idempotency where job = any(array(select id from past))
), attempts as (
  delete from /* SCHEMA */attempt where job = any(array(select id from past))
), attachments as (
  delete from /* SCHEMA */attachment where job = any(array(select id from past))
), logs as (
  delete from /* SCHEMA */log where job = any(array(select id from past))
)
delete from /* SCHEMA */job
where id = any(array(select id from past)) and id between $2 and $3
