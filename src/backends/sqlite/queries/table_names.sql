-- List the tables that are to be dropped.
select name from sqlite_schema where type = 'table' and name not like 'sqlite\_%' escape '\'
