-- Copy the ends of the jobs of given_ends that are done, if they still run in that epoch.
-- done_at_place notes the place of each row that is copied, and is 4, done. (In the list of columns,
-- not in the condition, whose parts SQLite evaluates in any order.)
insert into finished (id, state, domain, epoch, attempts, failures, crashes, interruptions, worker,
                      run_at, started_at, finished_at, cause, error, output, progress,
                      progress_message)
select live.id, done_at_place(given_ends.place), live.domain, live.epoch,
       live.attempts + given_ends.attempts, live.failures, live.crashes, live.interruptions,
       live.worker, live.run_at, coalesce(live.started_at, given_ends.started_at),
       given_ends.finished_at, live.cause, live.error, given_ends.output, live.progress,
       live.progress_message
from given_ends
cross join live on live.id = given_ends.id
where live.epoch = given_ends.epoch and live.state = 3
