/// The clocks that everything takes from outside, so that tests can turn them by hand.
#pragma once
#include <chrono>
#include "base/mutex.hpp"

namespace stint {

/// Tell the time. Implementations may be used by any thread.
class Clock {
 public:
  virtual ~Clock() = default;

  /// Time since the machine started, CLOCK_BOOTTIME: never steps, goes on while the machine sleeps.
  /// For every deadline and every interval.
  virtual std::chrono::nanoseconds boot_now() const = 0;

  /// The date and time of day, which may step. For people to read, never for a deadline.
  virtual std::chrono::system_clock::time_point system_now() const = 0;
};

/// The machine's clocks. The object lives as long as the process.
Clock& real_clock();

/// Stand still until told otherwise. For tests; may be used by any thread.
class ManualClock final : public Clock {
 public:
  ManualClock() = default;
  explicit ManualClock(std::chrono::system_clock::time_point system_start)
      : system_(system_start) {}

  std::chrono::nanoseconds boot_now() const override;
  std::chrono::system_clock::time_point system_now() const override;

  /// Let time pass on both clocks. `duration` must not be negative.
  void advance(std::chrono::nanoseconds duration);

  /// Step the date and time of day alone, as an administrator or NTP does; may be negative.
  void step_system(std::chrono::nanoseconds by);

 private:
  mutable Mutex mutex_;
  std::chrono::nanoseconds boot_ STINT_GUARDED_BY(mutex_) = std::chrono::hours{1};
  // 2026-01-01T00:00:00Z unless told otherwise: any fixed date will do.
  std::chrono::system_clock::time_point system_ STINT_GUARDED_BY(mutex_) = std::chrono::sys_days{
      std::chrono::year{2026} / 1 / 1};
};

}  // namespace stint
