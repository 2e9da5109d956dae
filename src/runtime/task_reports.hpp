/// Where what tasks report beside their result goes: stamps of success, and metrics.
#pragma once
#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>
#include "base/clock.hpp"
#include "runtime/liveness_keeper.hpp"
#include "runtime/metrics_pusher.hpp"
#include "runtime/runner.hpp"
#include "stint/one_instance_lock.hpp"

namespace stint {

/// Shared by the hosts of a process. Thread-safe; nothing here waits for a server.
class TaskReports final {
 public:
  TaskReports(OpenLiveness open_liveness, std::unique_ptr<MetricsSink> sink);
  ~TaskReports();  ///< flushes, unless that was done, and waits no longer than some seconds
  TaskReports(const TaskReports&) = delete;
  TaskReports& operator=(const TaskReports&) = delete;

  void write_liveness(const std::string& task) { liveness_.succeed(task); }
  /// Send them with the tag `task`.
  void push_metrics(const std::string& task, std::vector<Metric> metrics);
  /// Wait until all is written and sent, together for at most `limit`.
  void flush(std::chrono::nanoseconds limit = std::chrono::seconds{3});

  LivenessKeeper& liveness() { return liveness_; }
  MetricsPusher& metrics() { return metrics_; }

 private:
  LivenessKeeper liveness_;
  MetricsPusher metrics_;
  bool was_flushed_ = false;
};

/// Tell of the runs of one task: signs of life, stamps and metrics.
class RunnerReports final : public RunnerListener {
 public:
  RunnerReports(std::string task, std::shared_ptr<TaskReports> reports, const Clock& clock);

  void is(std::string_view state) override;
  void ended(RunStatus status, std::chrono::nanoseconds duration) override;
  /// From any thread.
  void lock_is(LockState state);

 private:
  const std::string task_;
  const std::shared_ptr<TaskReports> reports_;
  const Clock& clock_;
};

}  // namespace stint
