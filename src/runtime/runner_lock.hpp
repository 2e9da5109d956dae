/// The one-instance lock as the loop of a runner uses it.
#pragma once
#include <chrono>
#include <cstdint>
#include <memory>
#include <stop_token>
#include "runtime/work_deadline.hpp"
#include "stint/lock_backend.hpp"
#include "stint/one_instance_lock.hpp"

namespace stint {

/// Members mean what those of OneInstanceLock do.
class RunnerLock {
 public:
  virtual ~RunnerLock() = default;
  virtual LockResult try_acquire() = 0;
  virtual LockResult acquire(std::chrono::nanoseconds timeout, const std::stop_token& stop) = 0;
  virtual void release() = 0;
  virtual LockState state() const = 0;
  virtual std::int64_t token() const = 0;
  virtual std::stop_token stop_token() const = 0;
  virtual void extend() = 0;
  /// Say that no task runs until the next `extend`.
  virtual void rest() {}
  /// Whether a task may run under it now.
  virtual bool is_ours() const {
    return (state() == LockState::kHeld || state() == LockState::kAtRisk) &&
           !stop_token().stop_requested();
  }
  /// What a child should hold open, so that the lock outlives this process with it; -1: nothing.
  virtual int inherited_descriptor() { return -1; }
};

/// Use a real lock. Every new time by which the work must be dead goes to `deadline`; at the last
/// moment, and when the lock is lost, what is attached there is killed.
std::unique_ptr<RunnerLock> make_runner_lock(std::unique_ptr<LockBackend> backend,
                                             LockOptions options,
                                             std::shared_ptr<WorkDeadline> deadline,
                                             std::function<void(LockState)> on_state = {});

}  // namespace stint
