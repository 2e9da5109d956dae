-- Count the jobs that have not ended by domain and state, derived ones told apart, each with its
-- smallest run_at: $1 now (null: the server's).
select domain,
       case state
         when 1 then case when run_at > coalesce($1::timestamptz, statement_timestamp())
                          then 7 else 1 end
         when 2 then 8
         else case when abort_at is null then 3 else 9 end
       end::smallint as derived,
       count(*), min(run_at)
from /* SCHEMA */live
group by domain, derived
order by domain, derived
