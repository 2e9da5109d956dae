#include "base/test_point.hpp"
#include <future>
#include <stdexcept>
#include <thread>
#include <gtest/gtest.h>

namespace stint {
namespace {

void reach_alpha() { STINT_TEST_POINT("test.alpha"); }

TEST(TestPoint, DoesNothingUnlessArmed) {
  EXPECT_EQ(detail::armed_test_points.load(), 0);
  reach_alpha();
}

TEST(TestPoint, CallsBackWhileArmedAndByNameOnly) {
  int calls = 0;
  {
    const ArmedTestPoint armed{"test.alpha", [&] { ++calls; }};
    reach_alpha();
    STINT_TEST_POINT("test.beta");
    reach_alpha();
    EXPECT_EQ(armed.arrivals(), 2);
  }
  reach_alpha();
  EXPECT_EQ(calls, 2);
}

TEST(TestPoint, LetsWhatTheCallbackThrowsPass) {
  const ArmedTestPoint armed{"test.alpha", [] { throw std::runtime_error("full"); }};
  EXPECT_THROW(reach_alpha(), std::runtime_error);
  EXPECT_THROW(reach_alpha(), std::runtime_error);
}

TEST(TestPoint, HoldsAThreadUntilTheTestLetsItGo) {
  std::promise<void> arrived;
  std::promise<void> go;
  bool passed = false;
  std::thread other;
  {
    const ArmedTestPoint armed{"test.alpha", [&] {
                                 arrived.set_value();
                                 go.get_future().wait();
                               }};
    other = std::thread{[&] {
      reach_alpha();
      passed = true;
    }};
    arrived.get_future().wait();
    EXPECT_FALSE(passed);
    go.set_value();
  }
  other.join();
  EXPECT_TRUE(passed);
}

TEST(TestPointDeathTest, ExitsAtTheNamedArrival) {
  EXPECT_EXIT(
      {
        arm_test_points("test.beta=kill,test.alpha=exit:3@2");
        reach_alpha();
        reach_alpha();
        std::_Exit(0);
      },
      testing::ExitedWithCode(3), "");
}

TEST(TestPointDeathTest, KillsAndAborts) {
  EXPECT_EXIT((arm_test_points("test.alpha=kill"), reach_alpha()), testing::KilledBySignal(SIGKILL),
              "");
  EXPECT_EXIT((arm_test_points("x=kill|test.alpha=abort"), reach_alpha()),
              testing::KilledBySignal(SIGABRT), "");
}

TEST(TestPointDeathTest, ReadsTheEnvironment) {
  EXPECT_EXIT(
      {
        ::setenv("STINT_TEST_POINTS", "test.alpha=exit:4", 1);
        arm_test_points_from_environment();
        reach_alpha();
      },
      testing::ExitedWithCode(4), "");
}

TEST(TestPoint, RefusesAnUnknownText) {
  for (const char* text : {"alpha", "=kill", "alpha=die", "alpha=exit:", "alpha=exit:x",
                           "alpha=kill@", "alpha=kill@x", "alpha=exit:-1"}) {
    EXPECT_THROW(arm_test_points(text), std::invalid_argument) << text;
  }
  EXPECT_EQ(detail::armed_test_points.load(), 0);
}

}  // namespace
}  // namespace stint
