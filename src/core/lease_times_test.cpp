#include "core/lease_times.hpp"
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace stint {
namespace {

using std::chrono::duration;
using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

double in_seconds(std::chrono::nanoseconds time) { return duration<double>(time).count(); }

TEST(LeaseTimes, FollowFromTheTtl) {
  const LeaseTimes thirty = lease_times(seconds{30});
  EXPECT_DOUBLE_EQ(in_seconds(thirty.renew_every), 10);
  EXPECT_DOUBLE_EQ(in_seconds(thirty.timeout), 2);
  EXPECT_DOUBLE_EQ(in_seconds(thirty.stop_after()), 21.9);
  EXPECT_DOUBLE_EQ(in_seconds(thirty.kill_after()), 29.4);
  EXPECT_DOUBLE_EQ(in_seconds(thirty.taken_over_after()), 42);

  const LeaseTimes sixty = lease_times(seconds{60});
  EXPECT_DOUBLE_EQ(in_seconds(sixty.stop_after()), 48.8);
  EXPECT_DOUBLE_EQ(in_seconds(sixty.kill_after()), 58.8);

  const LeaseTimes fifteen = lease_times(seconds{15});
  EXPECT_DOUBLE_EQ(in_seconds(fifteen.stop_after()), 10.75);
  EXPECT_DOUBLE_EQ(in_seconds(fifteen.kill_after()), 14.5);
}

TEST(LeaseTimes, LeaveRoomForRenewalsAtEveryTtlByDefault) {
  for (int ttl = 1; ttl <= 86'400; ttl += ttl < 100 ? 1 : 997) {
    EXPECT_THAT(lease_problem(lease_times(seconds{ttl})), IsEmpty()) << ttl;
  }
}

TEST(LeaseTimes, NameTheSmallestTtlThatWorks) {
  const std::string problem = lease_problem(lease_times(seconds{10}, {}, seconds{5}));
  EXPECT_THAT(problem, HasSubstr("a ttl of 10s is too short"));
  const std::string_view before = "a ttl of ";
  const std::size_t at = problem.rfind(before) + before.size();
  const int smallest = std::stoi(problem.substr(at));
  EXPECT_THAT(lease_problem(lease_times(seconds{smallest}, {}, seconds{5})), IsEmpty());
  EXPECT_THAT(lease_problem(lease_times(seconds{smallest - 1}, {}, seconds{5})),
              ::testing::Not(IsEmpty()));
}

TEST(LeaseTimes, RefuseWhatIsOutOfRange) {
  EXPECT_THAT(lease_problem(lease_times(milliseconds{900})), HasSubstr("out of range"));
  EXPECT_THAT(lease_problem(lease_times(seconds{86'401})), HasSubstr("out of range"));
  EXPECT_THAT(lease_problem(lease_times(seconds{30}, seconds{-1})), HasSubstr("lock_delay"));
  EXPECT_THAT(lease_problem(lease_times(seconds{30}, {}, seconds{0})), HasSubstr("timeout"));
}

}  // namespace
}  // namespace stint
