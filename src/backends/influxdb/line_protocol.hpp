/// Metrics as lines of InfluxDB's line protocol.
#pragma once
#include <optional>
#include <span>
#include <string>
#include "stint/metrics.hpp"

namespace stint::influxdb {

/// Write a metric as `name,tag=value value=1.5 1600000000000000000` and a newline: the field is
/// `value`, a float, the time is in nanoseconds; without one the server puts its own. Nothing for
/// what the protocol cannot say: a value that is not finite, an empty name.
///
/// Commas, blanks and equals signs are escaped. What the protocol has no escape for becomes
/// something near: the end of a line a blank, a backslash in a name and at the end of a tag a
/// slash, a `#` that begins a name an underscore. Tags without name or value are left out, of two
/// with one name the last one stays, and those that the server keeps for itself (`time`, `_field`,
/// `_measurement`) get an underscore behind.
std::optional<std::string> line_of(const Metric& metric);

/// All lines.
std::string lines_of(std::span<const Metric> metrics);

}  // namespace stint::influxdb
