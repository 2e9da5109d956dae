-- Count the newest ?1 jobs that have ended, by domain and state, each with its lowest and highest id;
-- the last column is the lowest id of all that have ended.
select domain, state, count(*), min(id), max(id), (select min(id) from finished)
from (select id, domain, state from finished order by id desc limit ?1)
group by domain, state
order by domain, state
