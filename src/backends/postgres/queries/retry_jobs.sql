-- Queue jobs once more: $1 now (null: the server's), $2 ids, which are from $3 to $4, $5 the states that
-- they may have ended in. Returns id and domain. The rule stands in the function, which `retry_job` of SQL
-- calls as well.
select id, domain from /* SCHEMA */queue_again($1, $2::bigint[], $3, $4, $5::smallint[])
