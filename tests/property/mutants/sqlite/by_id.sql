live.id is not null
