/// Metrics to InfluxDB, 1.x and 2.x.
#pragma once
#include <memory>
#include "stint/lock_backend.hpp"
#include "stint/metrics.hpp"

namespace stint::influxdb {

/// Make a sink from `[metrics.influxdb]`: `database` means the write API of 1.x (with `username`
/// and `password`), `org`, `bucket` and `token` that of 2.x. Nothing is sent yet. Throws
/// ConfigurationError if neither, both or a half of one is set.
std::unique_ptr<MetricsSink> make_sink(const BackendOptions& options);

}  // namespace stint::influxdb
