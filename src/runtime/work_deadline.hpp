/// When what runs under a lease must be dead.
#pragma once
#include <chrono>
#include <optional>
#include "base/mutex.hpp"
#include "process/keeper.hpp"

namespace stint {

/// Hand each new deadline of a lease to the child process that works under it: its keeper kills it
/// then. Thread-safe.
class WorkDeadline final {
 public:
  /// On CLOCK_BOOTTIME; nothing: there is none.
  void set(std::optional<std::chrono::nanoseconds> boot_time);
  /// Only ever sooner than what is set: it stays so until the next `set`.
  void bring_forward(std::chrono::nanoseconds boot_time);
  std::optional<std::chrono::nanoseconds> time() const;
  bool has_passed() const;

  /// From now on it is this child's; the child must live until `detach`, which takes it off again.
  void attach(ChildProcess& child);
  void detach();

  /// Kill what is attached, with all that it started.
  void kill();
  /// The same, and wait for its end. False: it had not ended after `longest`.
  bool kill_and_wait(std::chrono::nanoseconds longest);

 private:
  mutable Mutex mutex_;
  std::optional<std::chrono::nanoseconds> time_ STINT_GUARDED_BY(mutex_);
  ChildProcess* child_ STINT_GUARDED_BY(mutex_) = nullptr;
};

/// Attach a child for a scope; `deadline` may be null.
class AttachedDeadline final {
 public:
  AttachedDeadline(WorkDeadline* deadline, ChildProcess& child) : deadline_(deadline) {
    if (deadline_ != nullptr) deadline_->attach(child);
  }
  ~AttachedDeadline() {
    if (deadline_ != nullptr) deadline_->detach();
  }
  AttachedDeadline(const AttachedDeadline&) = delete;
  AttachedDeadline& operator=(const AttachedDeadline&) = delete;

 private:
  WorkDeadline* const deadline_;
};

}  // namespace stint
