-- Read the strings of the JSON array ?1.
select value from json_each(?1)
