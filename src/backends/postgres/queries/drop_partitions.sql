-- Drop the partitions whose jobs are all gone.
select /* SCHEMA */drop_empty_partitions()
