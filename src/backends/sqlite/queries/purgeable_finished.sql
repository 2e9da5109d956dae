-- Find up to ?3 jobs that finished at ?1 or before, of domain ?2 (null: any).
select id
from finished indexed by finished_at
where finished_at <= ?1 and (?2 is null or domain = ?2)
order by finished_at
limit ?3
