-- List the running jobs of worker $1 that are asked to stop.
select id, epoch, abort_message from /* SCHEMA */live
where worker = $1 and state = 3 and abort_at is not null
