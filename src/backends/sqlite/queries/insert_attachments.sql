-- Keep bytes out of line: ?1 job, ?2 kind (1 arguments, 2 output), ?3 position, ?4 data.
insert or replace into attachment (job, kind, position, data) values (?1, ?2, ?3, ?4)
