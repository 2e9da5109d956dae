-- Programs of version 4 on keep working beside this one.
-- oldest-program: 4

-- The oldest version of programs that can use the tables from this migration on; null: the migration's
-- own.
alter table /* SCHEMA */migration add column oldest_program integer;

-- What a worker did lately, as it tells with its beats.
alter table /* SCHEMA */worker add column counts json;
