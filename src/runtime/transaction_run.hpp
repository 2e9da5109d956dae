/// Attempts whose own writes and whose completion are one transaction.
#pragma once
#include <memory>
#include <optional>
#include <stop_token>
#include <thread>
#include "base/mutex.hpp"
#include "core/attempt_transaction.hpp"
#include "runtime/executor.hpp"
#include "runtime/job_run.hpp"

namespace stint {

/// Begin the attempt's transaction if its task has one. `connection` is the slot's, made at the
/// first use, and outlives the run's transaction. Throws what `end_before_task` understands: Snooze
/// if the store gives none, Error if there is nobody who could or no job that could wait.
void begin_transaction(JobRun& run, const detail::TaskDeclaration& task,
                       const RunEnvironment& environment,
                       std::unique_ptr<AttemptConnection>& connection);

/// Write the end of a task that has returned, in the transaction of its attempt, if it has one.
/// `end` says then what became of it; it stays unwritten if the execution is not ours any more.
/// Waits as long as nobody can know whether the commit took place. Throws as
/// AttemptTransaction::complete.
void complete_in_transaction(JobRun& run, Completion& end);

/// Look at the transaction of an attempt that failed. Where its connection broke, that is not the
/// task's failure: it goes back, unless it may run at most once. Where the task has ended it
/// itself, the job fails for good.
void judge_transaction(const JobRun& run, Completion& end);

/// While this lives, a stop of the run also cancels what its transaction's connection executes, so
/// that a task which waits for the database hears of the stop.
class StatementStop final {
 public:
  explicit StatementStop(JobRun& run);
  ~StatementStop();
  StatementStop(const StatementStop&) = delete;
  StatementStop& operator=(const StatementStop&) = delete;

 private:
  using Callback = std::stop_callback<std::function<void()>>;

  void start() noexcept;
  void cancel_again_and_again();

  AttemptTransaction* const transaction_;
  Mutex mutex_;
  CondVar changed_;
  bool is_over_ STINT_GUARDED_BY(mutex_) = false;
  std::thread thread_;
  std::optional<Callback> on_stop_;  // the last: it may be called at once
};

}  // namespace stint
