-- Count the jobs that ended by domain and state.
select domain, state, count(*)
from /* SCHEMA */finished
group by domain, state
order by domain, state
