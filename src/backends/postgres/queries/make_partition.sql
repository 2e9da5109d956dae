-- Have the partitions of the ids $1 * 1,000,000 and up ready.
select /* SCHEMA */make_partition($1)
