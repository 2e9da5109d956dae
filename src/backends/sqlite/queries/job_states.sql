-- Read the state of job ?1 at ?2, derived states told apart.
select case state
         when 1 then case when run_at > ?2 then 7 else 1 end
         when 2 then 8
         else case when abort_at is null then 3 else 9 end
       end
from live
where id = ?1
union all
select state from finished where id = ?1
