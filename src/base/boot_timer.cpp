#include "base/boot_timer.hpp"
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>

namespace stint {

BootTimer::BootTimer()
    : timer_(::timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK)),
      event_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (!timer_ || !event_) {
    throw std::system_error{errno, std::generic_category(), "no descriptor for a timer"};
  }
}

void BootTimer::wait_until(std::optional<std::chrono::nanoseconds> boot_time) {
  constexpr std::chrono::nanoseconds::rep kSecond = 1'000'000'000;
  itimerspec at{};
  if (boot_time) {
    // All zeros would disarm it.
    const auto time = std::max<std::chrono::nanoseconds::rep>(boot_time->count(), 1);
    at.it_value.tv_sec = time / kSecond;
    at.it_value.tv_nsec = time % kSecond;
  }
  ::timerfd_settime(timer_.get(), TFD_TIMER_ABSTIME, &at, nullptr);
  std::array<pollfd, 2> waits = {pollfd{.fd = timer_.get(), .events = POLLIN, .revents = 0},
                                 pollfd{.fd = event_.get(), .events = POLLIN, .revents = 0}};
  while (::poll(waits.data(), waits.size(), -1) < 0 && errno == EINTR) {
  }
  eventfd_t told = 0;
  ::eventfd_read(event_.get(), &told);
}

void BootTimer::wake() noexcept { ::eventfd_write(event_.get(), 1); }

}  // namespace stint
