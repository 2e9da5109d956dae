#include "base/boot_timer.hpp"
#include <thread>
#include <gtest/gtest.h>
#include "base/clock.hpp"

namespace stint {
namespace {

using std::chrono::milliseconds;

TEST(BootTimer, ReturnsAtItsTimeAndNotBefore) {
  BootTimer timer;
  const auto at = real_clock().boot_now() + milliseconds{20};
  timer.wait_until(at);
  EXPECT_GE(real_clock().boot_now(), at);
  timer.wait_until(at);  // passed already: returns at once
  timer.wait_until(std::chrono::nanoseconds{0});
}

TEST(BootTimer, IsWokenByAnotherThreadAndByAnEarlierCall) {
  BootTimer timer;
  timer.wake();
  timer.wait_until(std::nullopt);
  std::jthread other{[&] { timer.wake(); }};
  timer.wait_until(real_clock().boot_now() + std::chrono::hours{1});
}

}  // namespace
}  // namespace stint
