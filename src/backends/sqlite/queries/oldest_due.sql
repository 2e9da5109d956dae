-- Read the run_at of the queued job that has been due at ?1 for the longest time.
select min(run_at) from live indexed by live_lane where state = 1 and run_at <= ?1
