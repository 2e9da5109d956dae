-- Give everything to a role: it migrates and grants from then on.
do $$
declare
  one record;
begin
  for one in
    select pg_class.oid::regclass::text as name, relkind from pg_class
    where relnamespace = '/* SCHEMA_NAME */'::regnamespace and relkind in ('r', 'p', 'v', 'S')
    order by relkind
  loop
    -- The sequences, views and partitions too.
    execute format('alter table %s owner to /* ROLE */', one.name);
  end loop;
  for one in
    select pg_proc.oid::regprocedure::text as name from pg_proc
    where pronamespace = '/* SCHEMA_NAME */'::regnamespace
  loop
    execute format('alter routine %s owner to /* ROLE */', one.name);
  end loop;
end $$;
alter schema /* SCHEMA_NAME */ owner to /* ROLE */;
