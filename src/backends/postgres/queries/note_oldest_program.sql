-- Note the oldest version of programs, $2, that can use the tables after migration $1.
update /* SCHEMA */migration set oldest_program = $2::integer where version = $1::integer
