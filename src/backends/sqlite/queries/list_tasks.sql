-- List the tasks by name.
select name, specification, registered_at from task order by name
