-- Mark the transaction that was just begun by $1, so that its end is noticed: what is set here is
-- gone with it. That a client is gone is noticed within seconds, whether the server waits for it or
-- executes its statement (from version 14 on). A task may compute for as long as its timeout lets it.
select set_config('stint.attempt', $1::text, true),
       set_config('idle_in_transaction_session_timeout', '0', true),
       set_config('tcp_keepalives_idle', '10', true),
       set_config('tcp_keepalives_interval', '5', true),
       set_config('tcp_keepalives_count', '3', true),
       case when current_setting('client_connection_check_interval', true) is not null
                 and version() like '%linux%'
            then set_config('client_connection_check_interval', '1s', true) end
