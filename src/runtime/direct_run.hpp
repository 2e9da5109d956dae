/// Execute a task in this process, without a queue: what `stint run` and a module's commands do.
#pragma once
#include <functional>
#include <memory>
#include <string>
#include "core/job_records.hpp"
#include "runtime/direct_host.hpp"
#include "runtime/executor.hpp"
#include "stint/json.hpp"

namespace stint {

/// How a task that ran outside the queue ended.
struct DirectResult {
  Completion completion;  ///< outcome, cause, error and output as a store would get them
  std::optional<StopReason> stopped = {};
};

/// What a direct run needs beside its task.
struct DirectOptions {
  json args = json::object();  ///< checked by the execution
  std::string metadata = {};   ///< JSON, as a store would have it; empty: none
  milliseconds timeout{0};     ///< 0: none
  /// Asked several times a second; a reason makes the task be asked to stop.
  std::function<StopReason()> stop_asked = [] { return StopReason::kNone; };
  /// For `job.enqueue`; opens the store.
  EnqueueChild enqueue = {};
  std::shared_ptr<TaskReports> reports = {};  ///< take stamps and metrics; null: nobody does
  /// Takes the lines of `job.log()`.
  std::function<void(LogLevel, const std::string&)> log = {};
};

/// Execute on the calling thread and return how it ended; never throws what the task throws. A task
/// that ignores its stop holds the call: the caller's own signals decide.
DirectResult run_directly(const detail::TaskDeclaration& task, const RunEnvironment& environment,
                          const DirectOptions& options);

}  // namespace stint
