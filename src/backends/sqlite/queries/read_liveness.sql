-- Tell of stamps ?1: the kind, what it says, its moment, the boot that this is of, and microseconds
-- since 1970.
select kind, stamp, boot_at, boot_id, stamped_at from liveness where name = ?1
