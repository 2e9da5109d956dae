-- Find where job ?1 stands that has not ended at ?2, and count what is claimed before it, ?3 at most.
select own.gate, own.lone_crashes, own.abort_message, own.abort_at,
       (select count(*)
        from (select 1 from live as other indexed by live_lane
              where other.state = 1 and other.domain = own.domain and other.priority > own.priority
                and other.run_at <= ?2
              limit ?3)),
       (select count(*)
        from (select 1 from live as other indexed by live_lane
              where other.state = 1 and other.domain = own.domain and other.priority = own.priority
                and other.run_at <= ?2 and (other.run_at, other.id) < (own.run_at, own.id)
              limit ?3))
from live as own
where own.id = ?1
