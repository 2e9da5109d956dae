-- Find which completions took effect whose answer was lost: $1 ids, $2 epochs. Returns id, epoch and the
-- state that the job got. Only the holder of an epoch can have ended the job with it, queued it again with
-- it or written its failed attempt; a rescue goes to the next epoch and writes the attempt as a crash. Of
-- one whose attempt alone is left the epoch has moved on, so there was, or will be, a further attempt.
select asked.id, asked.epoch, found.state
from unnest($1::bigint[], $2::bigint[]) as asked (id, epoch)
-- With an offset it is no join, which would read whole tables where statistics are old.
cross join lateral (
  select coalesce(
    (select finished.state from /* SCHEMA */finished
     where finished.id = asked.id and finished.epoch = asked.epoch offset 0),
    (select live.state from /* SCHEMA */live
     where live.id = asked.id and live.epoch = asked.epoch and live.state = 1 offset 0),
    (select 1::smallint from /* SCHEMA */attempt
     where attempt.job = asked.id and attempt.epoch = asked.epoch
       and attempt.cause not like 'crash%' offset 0)) as state
  offset 0
) as found
where found.state is not null
