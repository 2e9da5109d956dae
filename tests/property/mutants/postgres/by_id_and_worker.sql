state >= 3
    -- Whoever sent the epoch is told by the history, if it failed; else it is who holds the job.
    and worker = coalesce((select attempt.worker from /* SCHEMA */attempt
                           where attempt.job = live.id
                             and attempt.epoch
                                 = ($3::bigint[])[width_bucket(live.id, $2::bigint[])]),
                          worker)
