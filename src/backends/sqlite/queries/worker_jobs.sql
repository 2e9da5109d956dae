-- Read the jobs that worker ?1 holds.
select id from live indexed by live_worker where state = 3 and worker = ?1 order by id
