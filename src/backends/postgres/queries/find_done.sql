-- Whether the attempt with epoch $2 of job $1 is the one that was completed.
select exists (select from /* SCHEMA */finished where id = $1 and epoch = $2 and state = 4)
