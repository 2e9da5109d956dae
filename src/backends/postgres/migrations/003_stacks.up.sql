-- Looks at the stacks of a running job: how many were asked for, and of which execution the last one.
-- Neither is ever taken back: the worker knows what it has answered.
alter table /* SCHEMA */live add column stacks_asked integer, add column stacks_epoch bigint;
