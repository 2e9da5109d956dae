-- Read the oldest version of programs that can use the tables, as far as the migrations after $1 say.
select max(coalesce(oldest_program, version)) from /* SCHEMA */migration where version > $1::integer
