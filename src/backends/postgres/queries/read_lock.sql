-- Tell of lock $1: token, sequence, owner (null: free), info, microseconds to the end of its lease and
-- of the delay after it. No row: nobody has ever had it.
select token, seq, owner, info,
       (extract(epoch from expires_at - clock_timestamp()) * 1000000)::bigint,
       (extract(epoch from delay) * 1000000)::bigint
from /* SCHEMA */one_instance_lock where name = $1
