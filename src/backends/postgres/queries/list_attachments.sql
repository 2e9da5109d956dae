-- Read the bytes kept out of line for job $1: $2 of its arguments (1) or its output (2).
select data from /* SCHEMA */attachment
where job = $1 and kind = $2::integer
order by position
