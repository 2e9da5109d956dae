#include "runtime/recent_counts.hpp"
#include <gtest/gtest.h>

namespace stint {
namespace {

using namespace std::chrono_literals;

class RecentCountsTest : public ::testing::Test {
 protected:
  void end(int jobs, Outcome outcome = Outcome::kDone) {
    for (int i = 0; i < jobs; ++i) {
      metrics_.claimed.add();
      metrics_.wait.observe(1ms);
      metrics_.run.observe(1ms);
      metrics_.count_end({.id = JobId{1}, .epoch = Epoch{1}, .outcome = outcome});
    }
  }

  WorkerMetrics metrics_;
  RecentCounts recent_{metrics_, 1h};
};

TEST_F(RecentCountsTest, AreThoseSinceTheStart) {
  end(3);
  end(1, Outcome::kFailed);
  metrics_.fenced.add();
  const WorkerCounts counts = recent_.take(1h + 10s);
  EXPECT_EQ(counts.window, 10s);
  EXPECT_EQ(counts.claimed, 4);
  EXPECT_EQ(counts.ended, 4);
  EXPECT_EQ(counts.failed, 1);
  EXPECT_EQ(counts.fenced, 1);
  EXPECT_EQ(counts.run.count(), 4);
}

TEST_F(RecentCountsTest, ForgetWhatIsLongerAgoThanAMinute) {
  end(100);
  metrics_.fenced.add(7);
  WorkerCounts counts = recent_.take(1h + 10s);
  for (auto now = 1h + 20s; now <= 1h + 70s; now += 10s) {
    end(5);
    counts = recent_.take(now);
  }
  EXPECT_EQ(counts.window, 60s);
  EXPECT_EQ(counts.ended, 30);
  EXPECT_EQ(counts.wait.count(), 30);
  EXPECT_EQ(counts.fenced, 0);
  EXPECT_EQ(counts.fenced_total, 7);
}

TEST_F(RecentCountsTest, CoverAMinuteHoweverSlowTheBeat) {
  end(100);
  EXPECT_EQ(recent_.take(1h + 50s).ended, 100);
  end(10);
  const WorkerCounts counts = recent_.take(1h + 100s);
  EXPECT_EQ(counts.window, 100s) << "the reading in between is too young to begin with";
  EXPECT_EQ(counts.ended, 110);
}

TEST_F(RecentCountsTest, LeaveOutWhatNeverBegan) {
  metrics_.count_end(
      {.id = JobId{1}, .epoch = Epoch{1}, .outcome = Outcome::kInterrupted, .started = false});
  EXPECT_EQ(recent_.take(1h + 10s).ended, 0);
}

}  // namespace
}  // namespace stint
