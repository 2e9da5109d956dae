-- Whether this still is the transaction that mark_attempt.sql has marked by $1.
select current_setting('stint.attempt', true) is not distinct from $1::text
