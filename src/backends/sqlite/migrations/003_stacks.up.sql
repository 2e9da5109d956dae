-- Looks at the stacks of a running job: how many were asked for, and of which execution the last one.
-- Neither is ever taken back: the worker knows what it has answered.
alter table live add column stacks_asked integer;
alter table live add column stacks_epoch integer;
