-- Find where job $1 stands that has not ended, and count what is claimed before it: $2 now (null: the
-- server's), $3 count so many at most.
select moment.now, own.gate, own.lone_crashes, own.abort_message, own.abort_at,
       (select count(*)
        from (select from /* SCHEMA */live as other
              where other.state = 1 and other.domain = own.domain and other.priority > own.priority
                and other.run_at <= moment.now
              limit $3::integer) as higher),
       (select count(*)
        from (select from /* SCHEMA */live as other
              where other.state = 1 and other.domain = own.domain and other.priority = own.priority
                and other.run_at <= moment.now and (other.run_at, other.id) < (own.run_at, own.id)
              limit $3::integer) as older)
from /* SCHEMA */live as own
cross join (select coalesce($2::timestamptz, statement_timestamp())) as moment (now)
where own.id = $1::bigint
