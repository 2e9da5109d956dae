/// What `/metrics` of a worker says; docs/metrics.md explains each.
#pragma once
#include <chrono>
#include <string>
#include <string_view>
#include "core/job_records.hpp"
#include "runtime/worker_metrics.hpp"

namespace stint {

/// A worker at one moment.
struct WorkerView {
  const WorkerMetrics& metrics;
  WorkerId id = {};
  std::string_view version = {};
  int slots = 0;
  int running = 0;
  bool is_ready = false;
};

/// What is known of its store.
struct StoreView {
  const StoreStatus* status = nullptr;  ///< null: the store did not answer
  std::chrono::nanoseconds age{0};      ///< since it was read
};

/// Write everything in the text format of Prometheus.
std::string worker_metrics_text(const WorkerView& worker, const StoreView& store);

}  // namespace stint
