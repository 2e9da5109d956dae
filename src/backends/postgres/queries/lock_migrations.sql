-- Let one program at a time migrate: true if this session may until the end of its transaction, by the
-- name $1. It never waits: who waits within a statement keeps an index from being built beside it.
select pg_try_advisory_xact_lock(hashtextextended($1::text, 0))
