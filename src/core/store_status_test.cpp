#include "core/store_status.hpp"
#include <chrono>
#include <vector>
#include <gtest/gtest.h>

namespace stint {
namespace {

using namespace std::chrono_literals;

const std::vector<EndedGroup> kGroups{
    {.domain = "a", .state = JobState::kDone, .jobs = 60, .lowest_id = 901, .highest_id = 1000},
    {.domain = "b", .state = JobState::kFailed, .jobs = 40, .lowest_id = 905, .highest_id = 990}};

TEST(StoreStatus, CountsExactlyWhatIsFewerThanTheLimit) {
  StoreStatus status;
  add_ended(status, kGroups, 901, 101);
  ASSERT_EQ(status.counts.size(), 2U);
  EXPECT_EQ(status.counts[0].jobs, 60);
  EXPECT_EQ(status.counts[1].jobs, 40);
  EXPECT_FALSE(status.is_ended_estimated);
}

TEST(StoreStatus, CountsExactlyWhatJustReachesTheLimit) {
  StoreStatus status;
  add_ended(status, kGroups, 901, 100);
  EXPECT_EQ(status.counts[0].jobs, 60);
  EXPECT_FALSE(status.is_ended_estimated);
}

TEST(StoreStatus, EstimatesTheOlderOnesByTheNewest) {
  StoreStatus status;
  add_ended(status, kGroups, 1, 100);
  ASSERT_EQ(status.counts.size(), 2U);
  EXPECT_EQ(status.counts[0].domain, "a");
  EXPECT_EQ(status.counts[0].jobs, 600);
  EXPECT_EQ(status.counts[1].state, JobState::kFailed);
  EXPECT_EQ(status.counts[1].jobs, 400);
  EXPECT_TRUE(status.is_ended_estimated);
}

TEST(StoreStatus, AddsNothingWhereNoneHasEnded) {
  StoreStatus status;
  add_ended(status, {}, 0);
  EXPECT_TRUE(status.counts.empty());
}

TEST(StoreStatus, KnowsTheLongestDueOfAllDomains) {
  StoreStatus status;
  EXPECT_EQ(status.longest_due(), std::nullopt);
  status.oldest_due = {{"a", StoreTime{20s}}, {"b", StoreTime{10s}}};
  EXPECT_EQ(status.longest_due(), StoreTime{10s});
}

}  // namespace
}  // namespace stint
