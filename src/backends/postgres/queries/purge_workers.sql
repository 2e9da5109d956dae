-- Remove workers that stopped or died: $1 now (null: the server's), $2 more than so many ms ago.
delete from /* SCHEMA */worker
where state <> 1
  and ended_at <= coalesce($1, statement_timestamp()) - $2::bigint * interval '1 millisecond'
  and not exists (select from /* SCHEMA */live where live.worker = worker.id and live.state = 3)
