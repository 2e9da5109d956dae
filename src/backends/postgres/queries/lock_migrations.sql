-- Let one program at a time migrate: until the end of the transaction, by the name $1.
select pg_advisory_xact_lock(hashtextextended($1::text, 0))
