/// The runs of one task in a runner: in a slot process, or as the program that a command names.
#pragma once
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include "runtime/executor.hpp"
#include "runtime/failed_hooks.hpp"
#include "runtime/process_slot.hpp"
#include "runtime/runner.hpp"
#include "runtime/work_deadline.hpp"
#include "stint/module.hpp"

namespace stint {

struct TaskWorkOptions {
  detail::TaskDeclaration task;
  json args = json::object();  ///< checked
  std::string metadata = {};   ///< JSON, as a store would have it; empty: none
  milliseconds timeout{0};     ///< 0: none
  std::shared_ptr<RunEnvironment> environment;
  /// Starts the process that runs it; null: the task is a program.
  std::shared_ptr<SlotProcesses> processes = {};
  std::shared_ptr<JobHost> host;
  std::shared_ptr<WorkDeadline> deadline;
  std::stop_token stop = {};  ///< this process must end
  /// Hears how each run ended, before the lock is released.
  std::function<void(const Completion&, std::optional<ErrorCode>)> on_end = {};
};

/// One run at a time, each by the same process as long as that is usable.
class TaskWork final : public RunnerWork {
 public:
  explicit TaskWork(TaskWorkOptions options);
  ~TaskWork() override;

  /// Start the process while the lock is asked for. A failure is told by the first run.
  void start_ahead();
  RunReport run(const RunOrder& order) override;

 private:
  Completion execute(JobRun& run);

  const TaskWorkOptions options_;
  const Payload payload_;
  std::optional<ProcessSlot> slot_;
  Contexts contexts_;  // of the thread
  FailedHooks failed_hooks_;
};

/// Tell a run's end as a loop counts it; `reason` is why it was asked to stop, if it was.
RunReport report_of(const Completion& end, StopReason reason);

}  // namespace stint
