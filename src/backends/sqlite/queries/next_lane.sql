-- Find the next lane of domain ?1 with queued jobs, below priority ?2.
select max(priority) from live indexed by live_lane where state = 1 and domain = ?1 and priority < ?2
