/// Run a task, once or in a loop, while this process holds its lock.
#pragma once
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include "base/clock.hpp"
#include "runtime/loop_rules.hpp"
#include "runtime/runner_lock.hpp"

namespace stint {

/// One run, as its loop orders it.
struct RunOrder {
  std::int64_t token = 0;     ///< of the lock; 0: it runs under none
  std::stop_token lost = {};  ///< the lock is about to pass to another
  int lock_descriptor = -1;   ///< for the task's process to hold open; -1: none
};

struct RunReport {
  RunStatus status = RunStatus::kSucceeded;
  std::string problem = {};  ///< unless it succeeded: why
  bool was_lost = false;     ///< it was ended because the lock was lost or its lease had passed
  std::optional<std::chrono::nanoseconds> put_off = {};
};

/// What is run.
class RunnerWork {
 public:
  virtual ~RunnerWork() = default;
  /// Run it to its end; when this returns or throws, nothing of it goes on. Throws Error if it
  /// could not be begun.
  virtual RunReport run(const RunOrder& order) = 0;
};

/// Who hears of a runner. Nothing here waits for a server or throws.
class RunnerListener {
 public:
  virtual ~RunnerListener() = default;
  /// "running", "waiting", "sleeping"; "failed" while it sleeps after a run that failed.
  virtual void is(std::string_view state) = 0;
  /// A run has ended, or did not begin for so long.
  virtual void ended(RunStatus status, std::chrono::nanoseconds duration) = 0;
};

struct RunnerOptions {
  std::string task;  ///< its name, and that of the logger
  LoopRules rules = {};
  /// With `run_once`: how long to wait for the lock.
  std::chrono::nanoseconds wait{0};
  /// Log each run at this level.
  bool is_quiet = false;
  /// Return at this time on the boot clock, or at the stop.
  std::function<void(std::chrono::nanoseconds, const std::stop_token&)> sleep_until = {};
};

/// How a runner ended.
struct RunnerEnd {
  enum class Why : std::uint8_t {
    kRan,          ///< once; `report` is of that run
    kStopped,      ///< the stop was asked for
    kBusy,         ///< once, and another one holds the lock: `holder`
    kUnavailable,  ///< once, and the server of the lock does not answer: `problem`
  };
  Why why = Why::kRan;
  RunReport report = {};
  bool was_lost = false;  ///< the lock was lost during the last run
  LockRecord holder = {};
  std::string problem = {};
};

/// Used by one thread.
class Runner final {
 public:
  /// `lock` is null for a task that runs without one. All must outlive the object.
  Runner(RunnerOptions options, RunnerLock* lock, RunnerWork& work, RunnerListener& listener,
         const Clock& clock = real_clock());

  /// Run until the rules say that it ends, or `stop`; the work hears of the stop by itself. The
  /// lock is released by then. Throws Error: what the first attempt to get the lock throws, and
  /// with `run_once` what the work throws.
  RunnerEnd run(const std::stop_token& stop);

 private:
  using Time = std::chrono::nanoseconds;

  bool has_lock() const;
  /// Have the lock, or return false: `end` says why. In a loop that is a stop alone.
  bool get_lock(const std::stop_token& stop, RunnerEnd& end);
  LockResult ask_for_lock(Time wait, const std::stop_token& stop);
  void wait_for_lock(const std::stop_token& stop, LockResult& result);
  void tell_of(const LockResult& result);
  RunReport run_task(const std::stop_token& stop, bool& was_lost);
  void tell_of(const RunReport& report) const;
  void release();
  void rest(Time until, const std::stop_token& stop);

  const RunnerOptions options_;
  RunnerLock* const lock_;
  RunnerWork& work_;
  RunnerListener& listener_;
  const Clock& clock_;
  bool has_asked_ = false;   // for the lock, and the server knew us
  bool is_holding_ = false;  // we have not released it, nor noticed its loss
  std::string told_holder_;  // of the log
  bool told_outage_ = false;
};

}  // namespace stint
