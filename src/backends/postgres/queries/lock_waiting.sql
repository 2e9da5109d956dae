-- Hold those of jobs $1 that wait as they are until the end of the transaction, in the order of ids.
-- Those that run are neither waited for nor held: their ends are not to be held up. Returns their ids.
select id from /* SCHEMA */live where id = any($1::bigint[]) and state in (1, 2) order by id for update
