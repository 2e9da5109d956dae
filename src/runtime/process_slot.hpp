/// A slot of a worker whose jobs run in a child process.
#pragma once
#include <chrono>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>
#include "base/clock.hpp"
#include "base/unique_fd.hpp"
#include "core/registry.hpp"
#include "process/output_capture.hpp"
#include "runtime/burst.hpp"
#include "runtime/job_run.hpp"
#include "runtime/quick_tasks.hpp"
#include "runtime/slot_processes.hpp"

namespace stint {

struct ProcessSlotOptions {
  std::chrono::nanoseconds grace = std::chrono::seconds{5};  ///< from a stop to SIGKILL
  /// The same where the right to run was lost: it must be over before another one has it.
  std::chrono::nanoseconds grace_of_lost = std::chrono::seconds{1};
  CaptureLimits capture = {};
  /// False: jobs print where this process does.
  bool captures = true;
  /// What a job has left behind is ended before its end is told.
  bool ends_all = false;
};

/// Execute jobs in a process, one at a time: hand the job over, take in what it says and prints,
/// stop it by the ladder (message, SIGTERM, SIGKILL), and tell how it ended, whatever it does. Used
/// by one thread.
class ProcessSlot final {
 public:
  ProcessSlot(std::shared_ptr<SlotProcesses> processes, std::shared_ptr<const Registry> registry,
              std::shared_ptr<JobHost> host, ProcessSlotOptions options, const Clock& clock);
  ~ProcessSlot();
  ProcessSlot(const ProcessSlot&) = delete;
  ProcessSlot& operator=(const ProcessSlot&) = delete;

  /// Have a process started by now, which gets ready meanwhile. Throws as `execute`.
  void start_ahead();
  /// As `execute` does on a thread. `attachments` are the Bytes of the arguments. Throws Error
  /// kUnavailable, retryable, if no process could take the job: it has not begun.
  Completion execute(JobRun& run, std::vector<std::string> attachments);

  /// How many jobs may be handed to the process together with this one; 1: none. It says so only
  /// where the process stands ready, and of jobs that can be told apart from one begun too often.
  int most_together(const ClaimedJob& job) const;
  /// Execute jobs in a row, while they are quick and quiet. Throws as `execute`.
  BurstReport execute_together(std::span<const ClaimedJob> jobs);
  /// Go on with the one that such a row has left begun.
  Completion go_on(JobRun& run, BegunJob begun);
  /// Throw the process away: nobody goes on with the job that it has begun.
  void discard() { process_.reset(); }

 private:
  const TaskOptions* find_options(const std::string& task) const;  // null: there is no such task
  bool has_own_needs(const std::string& name) const;
  void drop_process();
  template <typename Work>
  Completion drive(JobRun& run, OutputPipes pipes, const Work& work);

  const std::shared_ptr<SlotProcesses> processes_;
  const std::shared_ptr<const Registry> registry_;
  const std::shared_ptr<JobHost> host_;
  const ProcessSlotOptions options_;
  const Clock& clock_;
  std::unique_ptr<SlotProcess> process_;
  QuickTasks quick_;
  bool is_next_alone_ = false;  // the last ones together did not even begin
  UniqueFd wake_;               // an eventfd: a stop was asked for
};

}  // namespace stint
