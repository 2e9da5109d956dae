-- Tell what stands in schema $1: whether it has our table of migrations, how many tables otherwise.
select count(*) filter (where pg_class.relname = 'migration') > 0,
       count(*) filter (where pg_class.relname <> 'migration')
from pg_catalog.pg_class
join pg_catalog.pg_namespace on pg_namespace.oid = pg_class.relnamespace
where pg_namespace.nspname = $1::text and pg_class.relkind in ('r', 'p', 'v', 'm', 'f')
