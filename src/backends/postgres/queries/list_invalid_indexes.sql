-- List the indexes in schema $1 that were not built to their end.
select quote_ident(pg_class.relname)
from pg_catalog.pg_index
join pg_catalog.pg_class on pg_class.oid = pg_index.indexrelid and pg_class.relkind = 'i'
join pg_catalog.pg_namespace on pg_namespace.oid = pg_class.relnamespace
where pg_namespace.nspname = $1::text and not pg_index.indisvalid
order by 1
