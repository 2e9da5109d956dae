/// A worker without threads: it executes jobs on the thread that asks it to, by a clock that is
/// moved by hand.
#pragma once
#include <chrono>
#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <vector>
#include "base/clock.hpp"
#include "core/store.hpp"
#include "runtime/contexts.hpp"
#include "runtime/executor.hpp"
#include "runtime/failed_hooks.hpp"
#include "runtime/job_run.hpp"
#include "runtime/log_buffer.hpp"
#include "runtime/store_host.hpp"

namespace stint {

struct InlineWorkerOptions {
  std::string domains = {};  ///< to be shown only: it is asked for one at a time
  std::uint64_t seed = 1;    ///< of the jitter of pauses between attempts
};

/// Claim jobs one by one, execute each where it is called, and write how it ended. Tasks run on
/// this thread whatever isolation and limits they ask for, and so do the modules' hooks; tasks that
/// want a transaction are not claimed. Used by one thread.
class InlineWorker final {
 public:
  /// Registers with the store. The store's time is set to that of the clock, now and whenever it
  /// moves. `host` is what jobs see of the store, beside time; `logs` is its buffer.
  InlineWorker(std::shared_ptr<Store> store, std::shared_ptr<const RunEnvironment> environment,
               std::shared_ptr<JobHost> host, std::shared_ptr<LogBuffer> logs,
               std::shared_ptr<ManualClock> clock, const InlineWorkerOptions& options);
  ~InlineWorker();
  InlineWorker(const InlineWorker&) = delete;
  InlineWorker& operator=(const InlineWorker&) = delete;

  /// Execute what is due in a domain for a node until there is nothing, or `most` attempts were
  /// made; returns how many. An outage of the store is answered by trying again at once, a thousand
  /// times at most. Throws Error kUsage from within a handler.
  int run_due(const std::string& domain, const std::string& node, int most);

  /// Move the clock. From within a handler its timeout passes, and aborts reach it.
  void advance(std::chrono::nanoseconds duration);

  /// Whether it could execute jobs of a task: it has it, and the task wants no transaction.
  bool can_run(std::string_view task) const;

 private:
  class Host;

  void execute_claimed(const ClaimedJob& job);
  Completion execute_here(const ClaimedJob& job);
  /// The state that its job has now; nothing: the end was refused.
  std::optional<JobState> write_end(Completion& end);
  /// Let a sleep of the running job pass: up to its end, or to what stops the job before.
  void pass_sleep(std::chrono::nanoseconds duration);
  void deliver_abort();
  void move_clock(std::chrono::nanoseconds duration);

  const std::shared_ptr<Store> store_;
  const std::shared_ptr<const RunEnvironment> environment_;
  const std::shared_ptr<LogBuffer> logs_;
  const std::shared_ptr<ManualClock> clock_;
  const std::shared_ptr<Host> host_;
  Contexts contexts_;
  FailedHooks failed_hooks_;
  std::vector<std::string> tasks_;
  WorkerId worker_;
  std::minstd_rand random_;
  std::shared_ptr<JobRun> current_;  // null: nothing runs
  bool is_running_ = false;
};

}  // namespace stint
