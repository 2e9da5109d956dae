-- Make the schema for the tables. Where it exists, the right to make one is not needed.
do $$
begin
  if to_regnamespace('/* SCHEMA_NAME */') is null then
    create schema /* SCHEMA_NAME */;
  end if;
end $$
