-- Note that migration $1 with the name $2 was applied.
insert into /* SCHEMA */migration (version, name) values ($1::integer, $2::text)
