-- Count the workers by state: alive, stopped, dead. Retention keeps them few.
select count(*) filter (where state = 1), count(*) filter (where state = 2),
       count(*) filter (where state = 3)
from worker
