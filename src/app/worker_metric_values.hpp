/// What a worker and its store tell, as metrics to push: the numbers of `/metrics`.
#pragma once
#include <map>
#include <string>
#include <vector>
#include "app/worker_metrics_text.hpp"
#include "core/job_records.hpp"
#include "stint/metrics.hpp"

namespace stint {

/// Turn what a worker has counted since its start into what it counted since the last push. Of a
/// histogram come its count and its sum in seconds.
class WorkerMetricValues final {
 public:
  /// All metrics get the tags `node` and `worker`.
  explicit WorkerMetricValues(std::string node) : node_(std::move(node)) {}

  std::vector<Metric> take(const WorkerView& worker);

 private:
  std::string node_;
  std::map<std::string, double> former_;  // by the name, with the outcome
};

/// What the store says of its jobs and workers: the same whoever asks, so without tags of a worker.
std::vector<Metric> store_metric_values(const StoreStatus& status);

}  // namespace stint
