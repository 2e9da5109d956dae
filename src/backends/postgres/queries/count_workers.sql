-- Count the workers by state, alive, stopped, dead, and tell the time: $1 now (null: the server's).
-- Retention keeps them few.
select count(*) filter (where state = 1), count(*) filter (where state = 2),
       count(*) filter (where state = 3), coalesce($1::timestamptz, statement_timestamp())
from /* SCHEMA */worker
