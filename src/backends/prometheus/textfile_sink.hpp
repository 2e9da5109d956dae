/// Metrics as a file for the textfile collector of Prometheus's node_exporter.
#pragma once
#include <memory>
#include "stint/lock_backend.hpp"
#include "stint/metrics.hpp"

namespace stint::prometheus {

/// Make a sink from `[metrics.prometheus]`. Each push replaces the file as a whole, by a new one
/// that takes its name: it holds the latest value of every series, and what counters have come to.
/// What a former process left there is kept, so that the last success survives a failure. With
/// `{task}` in its name each task has a file, by the tag of that name. Throws ConfigurationError if
/// no file is named.
std::unique_ptr<MetricsSink> make_sink(const BackendOptions& options);

}  // namespace stint::prometheus
