-- Programs of version 4 on keep working beside this one.
-- oldest-program: 4

-- The oldest version of programs that can use the tables from this migration on; null: the migration's
-- own.
alter table /* SCHEMA */migration add column oldest_program integer;

-- What a worker did lately, as it tells with its beats.
alter table /* SCHEMA */worker add column counts json;

-- What a claim hands out without a look at `job`: the arguments, if they are short and the job has no
-- timeout, metadata or attachments. Null: look there.
alter table /* SCHEMA */live add column short_args json;
