live.state = 3
  -- Whoever sent the epoch is told by the history, if it failed; else it is who holds the job.
  and live.worker = coalesce((select attempt.worker from attempt
                              where attempt.job = live.id and attempt.epoch = given_ends.epoch),
                             live.worker)
