/// Compress what is sent.
#pragma once
#include <string>
#include <string_view>

namespace stint::influxdb {

/// Compress to the gzip format (RFC 1952). Throws std::bad_alloc.
std::string gzip(std::string_view text);

}  // namespace stint::influxdb
