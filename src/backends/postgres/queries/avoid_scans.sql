-- Have the rest of this transaction read no table from end to end where any index, block ranges included,
-- leads to the rows that it is after: the statistics may be old.
select set_config('enable_seqscan', 'off', true), set_config('enable_bitmapscan', 'on', true),
       set_config('jit', 'off', true)
