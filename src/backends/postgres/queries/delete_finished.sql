-- Remove the ends of jobs $1, whose ids are from $2 to $3: the bounds spare the other partitions. Returns
-- id and state.
delete from /* SCHEMA */finished where id = any($1::bigint[]) and id between $2 and $3
returning id, state
