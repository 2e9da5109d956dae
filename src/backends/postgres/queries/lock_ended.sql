-- Hold the ends of jobs $1, whose ids are from $2 to $3, until the end of the transaction, in the order
-- of ids.
select id from /* SCHEMA */finished
where id = any($1::bigint[]) and id between $2 and $3
order by id
for update
