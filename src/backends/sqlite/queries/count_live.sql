-- Count the jobs that have not ended, by domain and state at ?1, derived states told apart, each with
-- its smallest run_at.
select domain,
       case state
         when 1 then case when run_at > ?1 then 7 else 1 end
         when 2 then 8
         else case when abort_at is null then 3 else 9 end
       end as shown,
       count(*), min(run_at)
from live
group by domain, shown
order by domain, shown
