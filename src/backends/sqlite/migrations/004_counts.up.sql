-- What a worker did lately, as it tells with its beats: JSON.
alter table worker add column counts text;
