/// Metrics to StatsD, by UDP.
#pragma once
#include <memory>
#include "stint/lock_backend.hpp"
#include "stint/metrics.hpp"

namespace stint::statsd {

/// Make a sink from `[metrics.statsd]`. The name of the host is looked up at the first push. What
/// a network loses nobody notices; that nobody listens on this machine is an error.
std::unique_ptr<MetricsSink> make_sink(const BackendOptions& options);

}  // namespace stint::statsd
