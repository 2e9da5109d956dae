live.id = ended.id and live.state = 3
    -- Whoever sent the epoch is told by the history, if it failed; else it is who holds the job.
    and live.worker = coalesce((select attempt.worker from /* SCHEMA */attempt
                                where attempt.job = ended.id and attempt.epoch = ended.epoch),
                               live.worker)
