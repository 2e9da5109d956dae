#include "runtime/transaction_run.hpp"
#include <chrono>
#include <system_error>
#include <utility>
#include <fmt/format.h>
#include "base/backoff.hpp"
#include "base/log.hpp"
#include "stint/error.hpp"

namespace stint {
namespace {

using std::chrono::milliseconds;

// Where no transaction can be begun now, as with too many connections at the server.
constexpr milliseconds kLater = std::chrono::seconds{1};
constexpr milliseconds kBetweenCancels{500};
constexpr int kMostCancels = 20;

void wait_about(std::chrono::nanoseconds duration) {
  Mutex nobody;
  CondVar never;
  MutexLock lock{nobody};
  never.wait_for(lock, duration);
}

}  // namespace

void begin_transaction(JobRun& run, const detail::TaskDeclaration& task,
                       const RunEnvironment& environment,
                       std::unique_ptr<AttemptConnection>& connection) {
  if (!task.options.transaction) return;
  if (!environment.open_attempts) {
    throw Error{ErrorCode::kConfiguration, "there is no store that could give a transaction"};
  }
  if (!connection) connection = environment.open_attempts();
  try {
    run.set_transaction(connection->begin(run.id(), run.epoch()));
  } catch (const Error& error) {
    // A refusal may be mended while the worker runs, as a password that was changed: no job is to
    // fail for it.
    if (!run.id()) throw;
    throw Snooze{kLater, fmt::format("no transaction can be begun now: {}", error.what())};
  }
}

void complete_in_transaction(JobRun& run, Completion& end) {
  AttemptTransaction* const transaction = run.attempt_transaction();
  if (transaction == nullptr) return;
  end.ran_for = std::chrono::duration_cast<microseconds>(run.ran_for());
  Backoff backoff;
  while (!run.has_ended() && run.stop_reason() != StopReason::kLost) {
    try {
      end.written = transaction->complete(end);
      return;
    } catch (const Error& error) {
      if (!error.outcome_unknown()) throw;
      const auto pause = backoff.next();
      if (backoff.failures() == 1) {
        run.log().warning("whether it is committed is not known yet; asking until it is: {}",
                          error.what());
      }
      wait_about(pause);
    }
  }
}

void judge_transaction(const JobRun& run, Completion& end) {
  AttemptTransaction* const transaction = run.attempt_transaction();
  if (transaction == nullptr) return;
  if (transaction->was_ended_by_task()) {
    end.outcome = Outcome::kRejected;
    end.cause = "rejected";
    end.delay = milliseconds{0};
    end.error = error_json(
        "stint::Reject",
        fmt::format("the task ended its transaction itself before it failed: what it committed "
                    "stays, and it is not run again because it would do that twice ({})",
                    error_message(end)));
    return;
  }
  if (!transaction->is_lost() || run.job().flags.at_most_once()) return;
  end.outcome = Outcome::kInterrupted;
  end.delay = milliseconds{0};
  end.error = error_json("stint::Error", fmt::format("the connection of its transaction broke: {}",
                                                     error_message(end)));
}

StatementStop::StatementStop(JobRun& run) : transaction_(run.attempt_transaction()) {
  if (transaction_ != nullptr) on_stop_.emplace(run.stop_token(), [this] { start(); });
}

StatementStop::~StatementStop() {
  on_stop_.reset();
  {
    const MutexLock lock{mutex_};
    is_over_ = true;
    changed_.notify_all();
  }
  if (thread_.joinable()) thread_.join();
}

/// On a thread of its own: to reach the server may take longer than those who stop can wait.
void StatementStop::start() noexcept {
  try {
    thread_ = std::thread{[this] { cancel_again_and_again(); }};
  } catch (const std::system_error& error) {
    log_warning("worker", "no thread to cancel a statement: {}", error.what());
  }
}

void StatementStop::cancel_again_and_again() {
  MutexLock lock{mutex_};
  for (int i = 0; i < kMostCancels && !is_over_; ++i) {
    lock.unlock();
    transaction_->cancel();
    lock.lock();
    if (!is_over_) changed_.wait_for(lock, kBetweenCancels);
  }
}

}  // namespace stint
