-- Remove the workers that ended before ?1 and hold no job.
delete from worker
where state <> 1 and ended_at <= ?1
  and not exists (select 1 from live indexed by live_worker
                  where live.state = 3 and live.worker = worker.id)
