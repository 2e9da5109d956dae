-- Have the rest of this transaction follow indexes in their order and fetch row by row, so that it can
-- stop as soon as it has enough: the statistics cannot know how soon that is.
select set_config('enable_hashjoin', 'off', true), set_config('enable_mergejoin', 'off', true),
       set_config('enable_seqscan', 'off', true), set_config('enable_bitmapscan', 'off', true),
       set_config('enable_sort', 'off', true), set_config('jit', 'off', true)
