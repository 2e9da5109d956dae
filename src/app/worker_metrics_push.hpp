/// Push what a worker counts while it works.
#pragma once
#include <chrono>
#include <memory>
#include <thread>
#include "app/environment.hpp"
#include "app/worker_metric_values.hpp"
#include "base/mutex.hpp"
#include "runtime/job_worker.hpp"
#include "runtime/metrics_pusher.hpp"

namespace stint {

/// Push the worker's own numbers with every `worker.heartbeat` and once at the end, and those of
/// the store each minute, on a thread of its own: the worker never waits for it. Does nothing where
/// `[metrics]` names nobody.
class WorkerMetricsPush final {
 public:
  /// `worker` must outlive this. Throws ConfigurationError as `Environment::metrics`.
  WorkerMetricsPush(Environment& environment, JobWorker& worker);
  ~WorkerMetricsPush();
  WorkerMetricsPush(const WorkerMetricsPush&) = delete;
  WorkerMetricsPush& operator=(const WorkerMetricsPush&) = delete;

 private:
  void run();
  void push_worker();
  void push_store();

  JobWorker& worker_;
  const std::shared_ptr<Store> store_;
  const std::shared_ptr<MetricsPusher> pusher_;
  const std::chrono::nanoseconds interval_;
  WorkerMetricValues values_;  // of the thread alone, and of the destructor after it
  Mutex mutex_;
  CondVar stopping_changed_;
  bool is_stopping_ STINT_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace stint
