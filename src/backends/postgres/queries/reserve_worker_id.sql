-- Hand out the id of a new worker.
select nextval('/* SCHEMA */worker_id')
