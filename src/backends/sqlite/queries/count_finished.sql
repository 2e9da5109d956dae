-- Count the jobs that have ended, by domain and state.
select domain, state, count(*) from finished group by domain, state order by domain, state
