/// Metrics as datagrams of StatsD.
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>
#include "stint/metrics.hpp"

namespace stint::statsd {

/// How tags are said.
enum class TagStyle : std::uint8_t {
  kNone,       ///< their values are put behind the name: `rows.orders`
  kDogstatsd,  ///< `rows:1|g|#table:orders`
};

/// Write metrics as lines and put as many into one datagram as fit into `largest` bytes; a line
/// that is longer stands alone. Timers are in milliseconds. Values that are not finite are left
/// out; what the protocol cannot say (`:`, `|`, `@`, `#`, blanks, ends of lines) becomes `_`.
std::vector<std::string> packets_of(std::span<const Metric> metrics, const std::string& prefix,
                                    TagStyle style, std::size_t largest);

}  // namespace stint::statsd
