-- Read the whole file and list up to three faults; one row "ok" without any.
pragma integrity_check(3)
