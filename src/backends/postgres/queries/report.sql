-- Stamp running jobs: $1 now (null: the server's), $2 ids, $3 epochs, $4 microseconds since the
-- start, used unless one is stored, $5 progress and $6 its message (null: as they are). Returns the
-- ids and epochs of those that still had this one.
update /* SCHEMA */live
set started_at = coalesce(live.started_at, coalesce($1, statement_timestamp())
                          - told.running_us * interval '1 microsecond'),
    progress = coalesce(told.progress, live.progress),
    progress_message = coalesce(told.message, live.progress_message)
from unnest($2::bigint[], $3::bigint[], $4::bigint[], $5::real[], $6::text[])
  as told (id, epoch, running_us, progress, message)
where live.id = any($2::bigint[])
  and live.id = told.id and live.epoch = told.epoch and live.state = 3
returning live.id, live.epoch
