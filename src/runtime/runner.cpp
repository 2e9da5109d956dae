#include "runtime/runner.hpp"
#include <algorithm>
#include <utility>
#include <fmt/format.h>
#include "base/log.hpp"
#include "base/mutex.hpp"
#include "base/utf8.hpp"
#include "stint/error.hpp"

namespace stint {
namespace {

using std::chrono::nanoseconds;

// While it waits for the lock, a runner tells so often that it is there.
constexpr nanoseconds kWaitingBeat = std::chrono::seconds{10};
// After an answer that no waiting mends, as a refused token.
constexpr nanoseconds kAfterRefusal = std::chrono::seconds{10};

void sleep_on_boot_clock(nanoseconds until, const std::stop_token& stop) {
  // The condition's clock stands still while the machine sleeps: long waits are taken in pieces.
  constexpr nanoseconds kPiece = std::chrono::seconds{5};
  Mutex mutex;
  CondVar changed;
  const std::stop_callback wake{stop, [&] {
                                  const MutexLock lock{mutex};
                                  changed.notify_all();
                                }};
  MutexLock lock{mutex};
  while (!stop.stop_requested()) {
    const nanoseconds left = until - real_clock().boot_now();
    if (left <= nanoseconds{0}) return;
    changed.wait_for(lock, std::min(left, kPiece));
  }
}

std::string describe_holder(const LockRecord& record) {
  if (!record.owner) return "somebody who has not said a name";
  const LockOwner& owner = *record.owner;
  std::string text = owner.fqdn.empty() ? owner.host : owner.fqdn;
  if (text.empty()) text = "a host without a name";
  if (owner.pid != 0) text += fmt::format(", process {}", owner.pid);
  if (!owner.acquired_at.empty()) text += fmt::format(", since {}", owner.acquired_at);
  return sanitize_text(text);
}

}  // namespace

Runner::Runner(RunnerOptions options, RunnerLock* lock, RunnerWork& work, RunnerListener& listener,
               const Clock& clock)
    : options_(std::move(options)), lock_(lock), work_(work), listener_(listener), clock_(clock) {}

RunnerEnd Runner::run(const std::stop_token& stop) {
  RunnerEnd end;
  while (true) {
    if (!get_lock(stop, end)) break;
    EndedRun ended{.started_at = clock_.boot_now()};
    end.report = run_task(stop, end.was_lost);
    ended.ended_at = clock_.boot_now();
    ended.status = end.report.status;
    ended.put_off = end.report.put_off;
    listener_.ended(ended.status, ended.ended_at - ended.started_at);
    if (stop.stop_requested()) {
      end.why = RunnerEnd::Why::kStopped;
      break;
    }
    const NextStep step = next_step(options_.rules, ended);
    if (step.releases_lock) release();
    if (step.is_last) break;
    listener_.is(ended.status == RunStatus::kFailed ? "failed" : "sleeping");
    rest(step.next_at, stop);
    if (stop.stop_requested()) {
      end.why = RunnerEnd::Why::kStopped;
      break;
    }
  }
  release();
  return end;
}

bool Runner::has_lock() const { return lock_->is_ours(); }

bool Runner::get_lock(const std::stop_token& stop, RunnerEnd& end) {
  if (stop.stop_requested()) {
    end.why = RunnerEnd::Why::kStopped;
    return false;
  }
  if (lock_ == nullptr || (is_holding_ && has_lock())) return true;
  if (is_holding_) {  // it was kept, and then lost
    log_warning(options_.task, "The lock was lost between two runs");
    release();
  }
  const bool is_once = options_.rules.run_once;
  LockResult result = ask_for_lock(nanoseconds{0}, stop);
  if (!result && is_once && options_.wait > nanoseconds{0} && !stop.stop_requested()) {
    tell_of(result);
    listener_.is("waiting");
    result = ask_for_lock(options_.wait, stop);
  }
  if (!result && !is_once) wait_for_lock(stop, result);
  if (result) {
    if (!told_holder_.empty() || told_outage_) {
      log_info(options_.task, "The lock is ours now, token {}", result.token);
    } else {
      log_debug(options_.task, "The lock is ours, token {}", result.token);
    }
    told_holder_.clear();
    told_outage_ = false;
    is_holding_ = true;
    if (!stop.stop_requested()) return true;
  }
  if (stop.stop_requested()) {
    end.why = RunnerEnd::Why::kStopped;
    return false;
  }
  const bool is_busy = result.outcome == LockResult::Outcome::kBusy;
  end.why = is_busy ? RunnerEnd::Why::kBusy : RunnerEnd::Why::kUnavailable;
  end.holder = std::move(result.holder);
  end.problem = is_busy ? fmt::format("the lock is held by {}", describe_holder(end.holder))
                        : std::move(result.problem);
  listener_.ended(is_busy ? RunStatus::kPending : RunStatus::kUnavailable, nanoseconds{0});
  return false;
}

/// What the server refuses once it knew us is an outage like another: it may be mended while we
/// wait.
LockResult Runner::ask_for_lock(nanoseconds wait, const std::stop_token& stop) {
  try {
    LockResult result = wait > nanoseconds{0} ? lock_->acquire(wait, stop) : lock_->try_acquire();
    has_asked_ = has_asked_ || result.outcome != LockResult::Outcome::kUnavailable;
    return result;
  } catch (const Error& error) {
    if (!has_asked_) throw;
    const nanoseconds pause = std::min(std::max(wait, nanoseconds{0}), kAfterRefusal);
    if (pause > nanoseconds{0}) rest(clock_.boot_now() + pause, stop);
    return {.outcome = LockResult::Outcome::kUnavailable, .problem = error.what()};
  }
}

void Runner::wait_for_lock(const std::stop_token& stop, LockResult& result) {
  nanoseconds since = clock_.boot_now();
  while (!result && !stop.stop_requested()) {
    tell_of(result);
    listener_.is("waiting");
    const RunStatus status = result.outcome == LockResult::Outcome::kBusy ? RunStatus::kPending
                                                                          : RunStatus::kUnavailable;
    result = ask_for_lock(kWaitingBeat, stop);
    const nanoseconds now = clock_.boot_now();
    listener_.ended(status, now - since);
    since = now;
  }
}

/// Once for each holder, and once for each outage.
void Runner::tell_of(const LockResult& result) {
  if (result.outcome == LockResult::Outcome::kUnavailable) {
    if (!std::exchange(told_outage_, true)) {
      log_warning(options_.task, "Can't acquire lock; its server does not answer: {}",
                  result.problem);
    }
    return;
  }
  std::string holder = describe_holder(result.holder);
  if (holder != told_holder_) {
    log_info(options_.task, "Can't acquire lock; lock is owned by {}", holder);
  }
  told_holder_ = std::move(holder);
  told_outage_ = false;
}

RunReport Runner::run_task(const std::stop_token& stop, bool& was_lost) {
  RunOrder order;
  if (lock_ != nullptr) {
    lock_->extend();
    order = {.token = lock_->token(),
             .lost = lock_->stop_token(),
             .lock_descriptor = lock_->inherited_descriptor()};
  }
  listener_.is("running");
  if (!options_.is_quiet) log_info(options_.task, "Run task");
  RunReport report;
  try {
    report = work_.run(order);
  } catch (const Error& error) {
    const bool was_stopped = stop.stop_requested() || order.lost.stop_requested();
    if (options_.rules.run_once && !was_stopped) {
      release();
      throw;
    }
    report = {.status = was_stopped ? RunStatus::kInterrupted : RunStatus::kFailed,
              .problem = error.what()};
  }
  if (lock_ != nullptr) lock_->rest();
  was_lost = lock_ != nullptr && (report.was_lost || !has_lock());
  tell_of(report);
  if (was_lost) {
    log_error(options_.task, "The lock was lost while the task ran");
    release();
  }
  return report;
}

void Runner::tell_of(const RunReport& report) const {
  switch (report.status) {
    case RunStatus::kSucceeded:
      if (!options_.is_quiet) log_info(options_.task, "Task done");
      return;
    case RunStatus::kFailed:
      if (!options_.is_quiet) log_error(options_.task, "Task failed: {}", report.problem);
      return;
    case RunStatus::kInterrupted:
      log_warning(options_.task, "Task interrupted: {}", report.problem);
      return;
    case RunStatus::kKilled:
      log_error(options_.task, "Task killed: {}", report.problem);
      return;
    case RunStatus::kPending:
    case RunStatus::kUnavailable:
      log_info(options_.task, "Task put off: {}", report.problem);
      return;
  }
}

void Runner::release() {
  if (!std::exchange(is_holding_, false)) return;
  try {
    lock_->release();
    log_debug(options_.task, "The lock is released");
  } catch (const Error& error) {
    // After a loss there is nothing to release; after an outage the lease runs out by itself.
    if (error.code() == ErrorCode::kUnavailable) {
      log_warning(options_.task, "The lock could not be released, its lease runs out: {}",
                  error.what());
    } else {
      log_debug(options_.task, "The lock was not released: {}", error.what());
    }
  }
}

void Runner::rest(nanoseconds until, const std::stop_token& stop) {
  if (options_.sleep_until) {
    options_.sleep_until(until, stop);
  } else {
    sleep_on_boot_clock(until, stop);
  }
}

}  // namespace stint
