-- Let one program at a time migrate: true if this session may until it ends, by the name $1.
select pg_try_advisory_lock(hashtextextended($1::text, 0))
