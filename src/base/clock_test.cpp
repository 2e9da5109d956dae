#include "base/clock.hpp"
#include <gtest/gtest.h>

namespace stint {
namespace {

using namespace std::chrono_literals;

TEST(RealClock, GoesForwardOnBootTime) {
  const auto before = real_clock().boot_now();
  const auto after = real_clock().boot_now();
  EXPECT_GT(before, 0ns);
  EXPECT_GE(after, before);
}

TEST(RealClock, ReadsTheSameDateAsTheSystem) {
  const auto difference = real_clock().system_now() - std::chrono::system_clock::now();
  EXPECT_LT(std::chrono::abs(difference), 1min);
}

TEST(ManualClock, StandsStillUntilAdvanced) {
  ManualClock clock;
  const auto boot = clock.boot_now();
  const auto date = clock.system_now();
  EXPECT_EQ(clock.boot_now(), boot);
  clock.advance(90s);
  EXPECT_EQ(clock.boot_now(), boot + 90s);
  EXPECT_EQ(clock.system_now(), date + 90s);
}

TEST(ManualClock, StepsTheDateAlone) {
  ManualClock clock{std::chrono::sys_days{std::chrono::year{2030} / 6 / 1}};
  const auto boot = clock.boot_now();
  const auto date = clock.system_now();
  clock.step_system(-1h);
  EXPECT_EQ(clock.boot_now(), boot);
  EXPECT_EQ(clock.system_now(), date - 1h);
}

}  // namespace
}  // namespace stint
