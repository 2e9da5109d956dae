-- Note that migration ?1 of name ?2 was applied at ?3.
insert into migration (version, name, applied_at) values (?1, ?2, ?3)
