-- Read the newest migration that was applied; 0: none.
select coalesce(max(version), 0) from /* SCHEMA */migration
