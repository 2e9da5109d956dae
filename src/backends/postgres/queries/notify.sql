-- Tell listeners on channel $1 of all of $2. There is nothing in it that a commit would have to save
-- from a crash of the server, so nobody waits for the disk.
select pg_notify($1, told.what), set_config('synchronous_commit', 'off', true)
from unnest($2::text[]) as told (what)
