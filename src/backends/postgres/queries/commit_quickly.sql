-- Do not have this transaction wait until the disk has it.
select set_config('synchronous_commit', 'off', true)
