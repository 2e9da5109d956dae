-- Read the last number given away in sequence ?1.
select value from sequence where name = ?1
