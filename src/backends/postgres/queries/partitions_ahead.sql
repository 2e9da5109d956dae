-- Read the newest job's id and the number of the last partition, which holds a million ids.
select coalesce((select max(id) from /* SCHEMA */job), 0),
       coalesce((select max(substring(pg_class.relname from '[0-9]+$')::bigint)
                 from pg_inherits join pg_class on pg_class.oid = pg_inherits.inhrelid
                 where pg_inherits.inhparent = to_regclass('/* SCHEMA */job')), -1)
