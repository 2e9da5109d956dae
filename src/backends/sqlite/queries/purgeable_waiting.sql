-- Find up to ?3 waiting jobs that were enqueued at ?1 or before, of domain ?2 (null: any).
select live.id
from live
cross join job on job.id = live.id
where live.state in (1, 2) and (?2 is null or live.domain = ?2) and job.created_at <= ?1
order by live.id
limit ?3
