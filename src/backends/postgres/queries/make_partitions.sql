-- Have the partitions of the next ids ready, so that whoever enqueues by SQL makes none.
select /* SCHEMA */make_partition(last_value / 1000000),
       /* SCHEMA */make_partition(last_value / 1000000 + 1)
from /* SCHEMA */job_id
