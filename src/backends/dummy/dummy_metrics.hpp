/// Metrics that nobody wants.
#pragma once
#include <memory>
#include "stint/lock_backend.hpp"
#include "stint/metrics.hpp"

namespace stint {

/// Make a sink that takes everything and keeps nothing.
std::unique_ptr<MetricsSink> make_dummy_metrics(const BackendOptions& options);

}  // namespace stint
