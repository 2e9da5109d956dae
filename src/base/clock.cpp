#include "base/clock.hpp"
#include <ctime>

namespace stint {
namespace {

class RealClock final : public Clock {
 public:
  std::chrono::nanoseconds boot_now() const override {
    timespec now{};
    ::clock_gettime(CLOCK_BOOTTIME, &now);
    return std::chrono::seconds{now.tv_sec} + std::chrono::nanoseconds{now.tv_nsec};
  }

  std::chrono::system_clock::time_point system_now() const override {
    return std::chrono::system_clock::now();
  }
};

}  // namespace

Clock& real_clock() {
  static RealClock clock;
  return clock;
}

std::chrono::nanoseconds ManualClock::boot_now() const {
  const MutexLock lock{mutex_};
  return boot_;
}

std::chrono::system_clock::time_point ManualClock::system_now() const {
  const MutexLock lock{mutex_};
  return system_;
}

void ManualClock::advance(std::chrono::nanoseconds duration) {
  const MutexLock lock{mutex_};
  boot_ += duration;
  system_ += std::chrono::duration_cast<std::chrono::system_clock::duration>(duration);
}

void ManualClock::step_system(std::chrono::nanoseconds by) {
  const MutexLock lock{mutex_};
  system_ += std::chrono::duration_cast<std::chrono::system_clock::duration>(by);
}

}  // namespace stint
