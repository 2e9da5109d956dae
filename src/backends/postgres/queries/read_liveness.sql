-- Tell of stamps $1: the kind, what it says, and its age in microseconds.
select kind, stamp,
       greatest((extract(epoch from clock_timestamp() - stamped_at) * 1000000)::bigint, 0)
from /* SCHEMA */liveness where name = $1
