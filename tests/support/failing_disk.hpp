/// A disk under SQLite that fails when it is told to.
#pragma once
#include <cstdint>

namespace stint::test {

/// What a call to the disk does in place of its work.
enum class DiskFault : std::uint8_t {
  kNothing,
  kError,      ///< fail with EIO; of a write half may have been done
  kFull,       ///< fail with ENOSPC where room is asked for, with EIO elsewhere
  kShortRead,  ///< read half of it; what does not read fails with EIO
  kKill,       ///< kill the process; of a write half has been done
  kPowerCut,   ///< kill it, and with it all that was written since the file's last sync
  kPowerSome,  ///< the same, but some of those writes, or parts of them, have reached the disk
};

struct DiskPlan {
  DiskFault fault = DiskFault::kNothing;
  int at = 1;         ///< the so-manyth call after `arm_disk`, from 1
  int lasting = 1;    ///< so many calls fail; the disk is well again after them
  unsigned seed = 0;  ///< of what reaches the disk with kPowerSome
};

/// Put the disk below every database that this process opens from now on, with nothing armed. It is
/// for programs that use SQLite in one thread at a time.
void install_failing_disk();
/// Count the calls from here on, and fail as planned.
void arm_disk(const DiskPlan& plan);
/// Calls that could have failed since `arm_disk`: opens, reads, writes, truncations, syncs, sizes,
/// deletions, locks, shared memory.
int disk_calls();
/// Of these, how many were syncs.
int disk_syncs();

}  // namespace stint::test
