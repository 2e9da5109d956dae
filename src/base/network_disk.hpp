/// Which file systems other machines write to as well.
#pragma once
#include <string>
#include <string_view>

namespace stint {

/// Name the kind of network file system that a file or folder is on: "NFS". Empty: it is on this
/// machine's own disk, or cannot be looked at.
std::string_view network_disk(const std::string& path);

}  // namespace stint
