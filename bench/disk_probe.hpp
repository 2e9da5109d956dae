/// How long the disk takes to make a write durable: it decides most figures, and it changes.
#pragma once
#include <filesystem>
#include <vector>

namespace stint::bench {

/// All probes of a run, in milliseconds.
struct DiskSpeed {
  std::vector<double> sync_ms;
};

/// Append 4 KiB to a file of this folder and wait until it is durable, 20 times; returns the median
/// in milliseconds. Throws std::system_error.
double probe_disk(const std::filesystem::path& folder);

}  // namespace stint::bench
