-- Bound the waits of requests: a statement to $1, for a row that others have locked to $2; of this
-- transaction alone if $3, else of the session. A commit is on the disk before it is told of, also where
-- the server's default is not to wait for that.
select set_config('statement_timeout', $1, $3), set_config('lock_timeout', $2, $3),
       set_config('synchronous_commit', case current_setting('synchronous_commit')
                                        when 'off' then 'on'
                                        else current_setting('synchronous_commit') end, $3)
