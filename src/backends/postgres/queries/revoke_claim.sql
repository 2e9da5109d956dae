-- Forbid claim $2 of worker $1 whose reply was lost: waits for a transaction that is just making
-- it, and one that comes late from the net finds it forbidden. The last 100 are kept.
update /* SCHEMA */worker
set lost_claims = (lost_claims || $2::bigint)[greatest(cardinality(lost_claims) - 98, 1):]
where id = $1 and not $2::bigint = any(lost_claims)
