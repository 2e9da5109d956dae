-- Let a role do all that workers and operators do: execute, enqueue, abort, retry, clean up. It can
-- make and drop nothing but partitions of jobs.
grant usage on schema /* SCHEMA_NAME */ to /* ROLE */;
grant select, insert, update, delete on all tables in schema /* SCHEMA_NAME */ to /* ROLE */;
revoke insert, update, delete on /* SCHEMA */migration from /* ROLE */;
grant usage, select on all sequences in schema /* SCHEMA_NAME */ to /* ROLE */;
grant execute on all routines in schema /* SCHEMA_NAME */ to /* ROLE */;
