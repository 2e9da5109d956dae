-- Tell listeners on channel $1 of all of $2.
select pg_notify($1, told.what) from unnest($2::text[]) as told (what)
