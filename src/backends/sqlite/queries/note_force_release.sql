-- Note that program ?2 (JSON) of user ?3 frees lock ?1 for reason ?4 at ?5, before it does.
insert into one_instance_audit (name, token, owner, info, program, user, reason, released_at)
select name, token, owner, info, ?2, ?3, ?4, ?5 from one_instance_lock where name = ?1
