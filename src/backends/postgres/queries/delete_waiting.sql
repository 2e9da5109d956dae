-- Remove the jobs of $1 that wait: $2 now (null: the server's). Returns id and state, derived ones told
-- apart.
delete from /* SCHEMA */live where id = any($1::bigint[]) and state in (1, 2)
returning id, case when state = 2 then 8
                   when run_at > coalesce($2::timestamptz, statement_timestamp()) then 7
                   else 1 end
