-- Hold job $1 as it is until the end of the transaction, so that the statements that follow agree.
select state, worker from /* SCHEMA */live where id = $1 for update
