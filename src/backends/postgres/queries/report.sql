-- Stamp running jobs: $1 now (null: the server's), $2 ids, growing, $3 epochs, $4 microseconds
-- since the start, used unless one is stored, $5 progress and $6 its message (null: as they are).
-- Returns the ids and epochs of those that still had this one.
update /* SCHEMA */live
set started_at = coalesce(started_at, coalesce($1, statement_timestamp())
      - ($4::bigint[])[width_bucket(id, $2::bigint[])] * interval '1 microsecond'),
    progress = coalesce(($5::real[])[width_bucket(id, $2::bigint[])], progress),
    progress_message = coalesce(($6::text[])[width_bucket(id, $2::bigint[])], progress_message)
where id = any($2::bigint[]) and state = 3
  and epoch = ($3::bigint[])[width_bucket(id, $2::bigint[])]
returning id, epoch
