-- Plan the rest of this transaction once for all values and by indexes alone. The plans of named
-- statements are kept: one that was made while the tables were empty would read all of them later.
select set_config('plan_cache_mode', 'force_generic_plan', true),
       set_config('enable_seqscan', 'off', true), set_config('enable_bitmapscan', 'off', true),
       set_config('enable_sort', 'off', true), set_config('jit', 'off', true)
