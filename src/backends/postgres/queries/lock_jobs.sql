-- Hold those of jobs $1 that have not ended as they are until the end of the transaction, in the order
-- of ids. Returns their ids.
select id from /* SCHEMA */live where id = any($1::bigint[]) order by id for update
