#include "app/job_waits.hpp"
#include <atomic>
#include <barrier>
#include <thread>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include "stint/error.hpp"

namespace stint::detail {
namespace {

using namespace std::chrono_literals;
using std::chrono::nanoseconds;

using States = std::vector<std::optional<JobState>>;

States all(std::span<const JobId> ids, std::optional<JobState> state) {
  return States(ids.size(), state);
}

TEST(LookPause, GrowsWithTheWaitAndNotForEver) {
  EXPECT_EQ(look_pause(0ns), 2ms);
  EXPECT_EQ(look_pause(8ms), 2ms);
  EXPECT_EQ(look_pause(100ms), 25ms);
  EXPECT_EQ(look_pause(1h), 500ms);
}

TEST(LookPause, CostsFewLooks) {
  int looks = 0;
  for (nanoseconds waited{0}; waited < 60s; waited += look_pause(waited)) ++looks;
  EXPECT_LE(looks, 150) << "two a second, and some at the start";
}

TEST(JobWaits, EndWithTheJob) {
  int looks = 0;
  JobWaits waits{[&](std::span<const JobId> ids) {
                   return all(ids, ++looks < 3 ? JobState::kRunning : JobState::kFailed);
                 },
                 real_clock()};
  EXPECT_EQ(waits.wait(JobId{1}, JobState::kQueued, std::nullopt), JobState::kFailed);
  EXPECT_EQ(looks, 3);
}

TEST(JobWaits, EndWithTheDeadline) {
  JobWaits waits{[](std::span<const JobId> ids) { return all(ids, JobState::kRunning); },
                 real_clock()};
  EXPECT_EQ(waits.wait(JobId{1}, JobState::kQueued, real_clock().boot_now() + 20ms),
            JobState::kRunning);
  EXPECT_EQ(waits.wait(JobId{1}, JobState::kQueued, real_clock().boot_now()), JobState::kQueued);
}

TEST(JobWaits, TellOfAJobThatIsGone) {
  JobWaits waits{[](std::span<const JobId> ids) { return all(ids, std::nullopt); }, real_clock()};
  EXPECT_EQ(waits.wait(JobId{1}, JobState::kQueued, std::nullopt), std::nullopt);
}

TEST(JobWaits, OutlastAnOutageAndThrowOtherErrors) {
  int looks = 0;
  JobWaits waits{[&](std::span<const JobId> ids) {
                   if (++looks == 1) {
                     throw Error{ErrorCode::kUnavailable, "away", {.retryable = true}};
                   }
                   return all(ids, JobState::kDone);
                 },
                 real_clock()};
  EXPECT_EQ(waits.wait(JobId{1}, JobState::kQueued, std::nullopt), JobState::kDone);
  JobWaits broken{
      [](std::span<const JobId>) -> States { throw Error{ErrorCode::kConfiguration, "no tables"}; },
      real_clock()};
  EXPECT_THROW(broken.wait(JobId{1}, JobState::kQueued, std::nullopt), Error);
}

TEST(JobWaits, LookOnceForAllThreads) {
  constexpr int kThreads = 40;
  constexpr int kLooks = 12;
  std::atomic<int> looks{0};
  std::atomic<std::size_t> most{0};
  std::atomic<int> at_once{0};
  JobWaits waits{[&](std::span<const JobId> ids) {
                   EXPECT_EQ(at_once.fetch_add(1), 0) << "one thread looks at a time";
                   most = std::max(most.load(), ids.size());
                   const bool is_over = ++looks > kLooks && most.load() == kThreads;
                   at_once.fetch_sub(1);
                   return all(ids, is_over ? JobState::kDone : JobState::kRunning);
                 },
                 real_clock()};
  std::vector<std::thread> threads;
  threads.reserve(kThreads);
  std::barrier begin{kThreads};
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&, i] {
      begin.arrive_and_wait();
      EXPECT_EQ(waits.wait(JobId{i + 1}, JobState::kQueued, std::nullopt), JobState::kDone);
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(most.load(), kThreads);
}

// The thread that looks for all may leave first.
TEST(JobWaits, GoOnWhenTheOneWhoLooksLeaves) {
  std::atomic<bool> is_second_done{false};
  JobWaits waits{[&](std::span<const JobId> ids) {
                   States states;
                   for (const JobId id : ids) {
                     const bool is_over = id.value == 1 || is_second_done;
                     states.emplace_back(is_over ? JobState::kDone : JobState::kRunning);
                   }
                   return states;
                 },
                 real_clock()};
  std::thread first{[&] {
    EXPECT_EQ(waits.wait(JobId{1}, JobState::kQueued, std::nullopt), JobState::kDone);
    is_second_done = true;
  }};
  EXPECT_EQ(waits.wait(JobId{2}, JobState::kQueued, std::nullopt), JobState::kDone);
  first.join();
}

TEST(JobWaits, LookAtOnceIfTold) {
  std::atomic<bool> is_aborted{false};
  std::atomic<int> looks{0};
  JobWaits waits{[&](std::span<const JobId> ids) {
                   ++looks;
                   return all(ids, is_aborted ? JobState::kAborted : JobState::kRunning);
                 },
                 real_clock()};
  std::thread other{[&] {
    while (looks < 3) std::this_thread::yield();
    is_aborted = true;
    waits.hurry(JobId{1});
  }};
  EXPECT_EQ(waits.wait(JobId{1}, JobState::kQueued, std::nullopt), JobState::kAborted);
  other.join();
}

}  // namespace
}  // namespace stint::detail
