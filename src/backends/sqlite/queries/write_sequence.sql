-- Note that numbers up to ?2 of sequence ?1 are given away.
update sequence set value = ?2 where name = ?1
