-- Take tags apart: $1 the jobs that have them. Returns job and tag, in their order.
select job.id, tag.text
from /* SCHEMA */job cross join lateral unnest(job.tags) with ordinality as tag (text, position)
where job.id = any($1::bigint[])
order by job.id, tag.position
