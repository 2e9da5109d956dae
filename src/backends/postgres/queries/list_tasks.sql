-- List the tasks that programs have registered.
select name, specification, registered_at from /* SCHEMA */task order by name
