-- Read the bytes of job ?1 of kind ?2 by their position.
select data from attachment where job = ?1 and kind = ?2 order by position
