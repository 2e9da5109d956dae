-- Count the sessions of this database whose work this role may not see.
select count(*) from pg_stat_activity
where datname = current_database() and query = '<insufficient privilege>'
