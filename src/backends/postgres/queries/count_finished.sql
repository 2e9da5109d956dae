-- Count the newest jobs that have ended by domain and state, each with its lowest and highest id: $1
-- how many at most. The last column is the lowest id of all that have ended.
select domain, state, count(*), min(id), max(id),
       (select id from /* SCHEMA */finished order by id limit 1)
from (select id, domain, state from /* SCHEMA */finished order by id desc limit $1::bigint) as newest
group by domain, state
order by domain, state
