-- Read where jobs stand: $1 ids, $2 now (null: the server's). Returns id and state, derived ones
-- told apart.
select live.id,
       case live.state
         when 1 then case when live.run_at > coalesce($2::timestamptz, statement_timestamp())
                          then 7 else 1 end
         when 2 then 8
         else case when live.abort_at is null then 3 else 9 end
       end::smallint
from /* SCHEMA */live
where live.id = any($1::bigint[])
union all
select finished.id, finished.state from /* SCHEMA */finished where finished.id = any($1::bigint[])
