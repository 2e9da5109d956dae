-- Enqueue a job by the function for SQL: $1 task, $2 arguments, $3 options, all as text.
select /* SCHEMA */enqueue($1::text, $2::jsonb, $3::jsonb) as job
