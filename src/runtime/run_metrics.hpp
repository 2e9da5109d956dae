/// What a runner tells of each run, and what a task may push itself.
#pragma once
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>
#include "stint/metrics.hpp"

namespace stint {

class MetricsPusher;

/// How one run of a task in a loop ended.
enum class RunStatus : std::uint8_t {
  kSucceeded,
  kFailed,
  kPending,      ///< did not run: another machine holds the lock
  kInterrupted,  ///< asked to stop, and it did: a signal, or the lock was lost
  kKilled,       ///< it had to be killed
  kUnavailable,  ///< did not run: who keeps the lock does not answer
};

/// "succeeded", as the tag `status` has it.
std::string_view to_string(RunStatus status);

/// One run that has ended.
struct RunEnd {
  std::string task;
  RunStatus status = RunStatus::kSucceeded;
  std::chrono::nanoseconds duration{0};  ///< with the attempt to take the lock
  std::chrono::system_clock::time_point ended_at = {};
};

/// Make `job_duration_seconds` with the tags task, type ("task") and status, and after a success
/// `last_successful_run_timestamp`, in seconds since 1970, with task and type.
std::vector<Metric> run_metrics(const RunEnd& end);

/// Have them sent.
void push_run_metrics(MetricsPusher& pusher, const RunEnd& end);

/// Have the gauge `one_instance_lock_held` sent, 1 or 0, with the tag task.
void push_lock_state(MetricsPusher& pusher, std::string_view task, bool is_held);

/// Make what `job.metrics()` returns: checks what the task pushes, adds the tag `task`, and hands
/// it to `pusher`. Without a sink behind that, the metrics are checked and dropped.
std::unique_ptr<Metrics> make_task_metrics(std::string task, std::shared_ptr<MetricsPusher> pusher);

/// Throw Error kUsage as `Metrics::push` says.
void check_task_metrics(const std::vector<Metric>& metrics);

}  // namespace stint
