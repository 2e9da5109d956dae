-- The number of the process that serves this session.
select pg_backend_pid()
