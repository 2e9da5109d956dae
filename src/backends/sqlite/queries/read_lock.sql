-- Tell of lock ?1: token, sequence, owner (null: free), info, the end of its lease, the delay after it,
-- the last renewal, the boot. No row: nobody has ever had it.
select token, seq, owner, info, expires_at, delay, renewed_at, boot_id
from one_instance_lock where name = ?1
