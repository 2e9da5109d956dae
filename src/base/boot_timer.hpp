/// Sleep on CLOCK_BOOTTIME, which goes on while the machine sleeps, until then or until told.
#pragma once
#include <chrono>
#include <optional>
#include "base/unique_fd.hpp"

namespace stint {

/// One thread waits; any thread may wake it.
class BootTimer final {
 public:
  /// Throws std::system_error if the system gives no descriptors.
  BootTimer();

  /// Return at `boot_time`, or after `wake`; nothing: after `wake` alone. A wake-up that comes
  /// between two waits ends the next one.
  void wait_until(std::optional<std::chrono::nanoseconds> boot_time);
  void wake() noexcept;

 private:
  UniqueFd timer_;
  UniqueFd event_;
};

}  // namespace stint
