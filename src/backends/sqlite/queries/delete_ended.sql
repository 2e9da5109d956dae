-- Take those jobs of given_ids out of the living that have just been copied to the finished: no other
-- job is in both.
delete from live
where id in (select finished.id from given_ids cross join finished on finished.id = given_ids.id)
