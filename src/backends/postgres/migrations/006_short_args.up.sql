-- Programs of version 4 on keep working beside this one.
-- oldest-program: 4

-- What a claim hands out without a look at `job`: the arguments, if they are short and the job has no
-- timeout, metadata or attachments. Null: look there.
alter table /* SCHEMA */live add column short_args json;
