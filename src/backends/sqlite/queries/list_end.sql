-- Find where lists end that look at so many jobs: the last one's id of those that have not ended and of
-- those that have, null where there are fewer. ?1 ids below this one, ?2 how many, less one.
select (select id from live where id < ?1 order by id desc limit 1 offset ?2),
       (select id from finished where id < ?1 order by id desc limit 1 offset ?2)
