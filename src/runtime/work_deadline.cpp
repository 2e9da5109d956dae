#include "runtime/work_deadline.hpp"
#include <utility>
#include "base/clock.hpp"

namespace stint {

void WorkDeadline::set(std::optional<std::chrono::nanoseconds> boot_time) {
  const MutexLock lock{mutex_};
  if (time_ == boot_time) return;
  time_ = boot_time;
  if (child_ != nullptr) child_->set_deadline(time_);
}

void WorkDeadline::bring_forward(std::chrono::nanoseconds boot_time) {
  const MutexLock lock{mutex_};
  if (time_ && *time_ <= boot_time) return;
  time_ = boot_time;
  if (child_ != nullptr) child_->set_deadline(time_);
}

std::optional<std::chrono::nanoseconds> WorkDeadline::time() const {
  const MutexLock lock{mutex_};
  return time_;
}

bool WorkDeadline::has_passed() const {
  const auto end = time();
  return end && real_clock().boot_now() >= *end;
}

void WorkDeadline::attach(ChildProcess& child) {
  const MutexLock lock{mutex_};
  child_ = &child;
  if (time_) child_->set_deadline(time_);
}

void WorkDeadline::detach() {
  const MutexLock lock{mutex_};
  ChildProcess* const former = std::exchange(child_, nullptr);
  if (former != nullptr && time_) former->set_deadline(std::nullopt);
}

void WorkDeadline::kill() {
  const MutexLock lock{mutex_};
  if (child_ != nullptr) child_->kill();
}

bool WorkDeadline::kill_and_wait(std::chrono::nanoseconds longest) {
  MutexLock lock{mutex_};
  if (child_ == nullptr) return true;
  child_->kill();
  // Under the lock, so that nobody lets go of it meanwhile. A killed child ends in milliseconds.
  return child_->wait(longest).has_value();
}

}  // namespace stint
