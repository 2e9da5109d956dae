-- Read the number of the newest migration applied.
select max(version) from migration
