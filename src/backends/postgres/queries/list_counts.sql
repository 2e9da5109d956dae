-- List what workers told of what they did lately, with their states and when they told it.
select counts, state, coalesce(ended_at, beat_at) from /* SCHEMA */worker where counts is not null
