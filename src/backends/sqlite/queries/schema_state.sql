-- Count everything that the file holds, and whether the table of migrations is there.
select count(*), coalesce(sum(type = 'table' and name = 'migration'), 0) from sqlite_schema
