-- Read the state of worker ?1, its host and its process.
select state, host, pid from worker where id = ?1
