#include "core/worker_counts.hpp"
#include <string>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace stint {
namespace {

using namespace std::chrono_literals;
using ::testing::DoubleNear;

WorkerCounts busy_minute() {
  WorkerCounts counts{
      .window = 60s, .claimed = 660, .ended = 600, .failed = 60, .fenced = 2, .fenced_total = 5};
  counts.wait.buckets[3] = 600;
  counts.wait.sum = 600ms;
  counts.run.buckets[8] = 600;
  return counts;
}

StoreStatus::Recent recent_of(std::string_view text, WorkerState state,
                              std::chrono::nanoseconds age) {
  StoreStatus::Recent recent;
  add_worker_counts(recent, text, state, age);
  return recent;
}

TEST(WorkerCounts, BecomeRatesOfTheLastMinute) {
  const auto recent = recent_of(to_json(busy_minute()), WorkerState::kAlive, 9s);
  EXPECT_DOUBLE_EQ(recent.claimed_per_second, 11);
  EXPECT_DOUBLE_EQ(recent.completed_per_second, 10);
  EXPECT_DOUBLE_EQ(recent.failed_per_second, 1);
  EXPECT_EQ(recent.fenced, 2);
  EXPECT_EQ(recent.fenced_total, 5);
  EXPECT_EQ(recent.wait.count(), 600);
  EXPECT_EQ(recent.wait.sum, 600ms);
  EXPECT_EQ(recent.run.buckets[8], 600);
}

TEST(WorkerCounts, AddUp) {
  StoreStatus::Recent recent;
  const std::string text = to_json(busy_minute());
  add_worker_counts(recent, text, WorkerState::kAlive, 0s);
  add_worker_counts(recent, text, WorkerState::kAlive, 0s);
  EXPECT_DOUBLE_EQ(recent.completed_per_second, 20);
  EXPECT_EQ(recent.fenced_total, 10);
}

TEST(WorkerCounts, FadeOnceTheWorkerIsGone) {
  const std::string text = to_json(busy_minute());
  EXPECT_THAT(recent_of(text, WorkerState::kStopped, 30s).completed_per_second, DoubleNear(5, .01));
  const auto past = recent_of(text, WorkerState::kStopped, 61s);
  EXPECT_EQ(past.completed_per_second, 0);
  EXPECT_EQ(past.run.count(), 0);
  EXPECT_EQ(past.fenced_total, 5) << "what it counted in all stays as long as its row";
  EXPECT_EQ(recent_of(text, WorkerState::kAlive, 5min).completed_per_second, 0) << "it is silent";
}

TEST(WorkerCounts, OfAYoungWorkerCountForItsSecondsOnly) {
  WorkerCounts counts{.window = 6s, .ended = 600};
  EXPECT_DOUBLE_EQ(recent_of(to_json(counts), WorkerState::kAlive, 0s).completed_per_second, 10)
      << "600 within the last minute";
}

TEST(WorkerCounts, OfOtherVersionsHarmNothing) {
  for (const char* text :
       {"", "null", "[]", "{", "{\"window_ms\": \"x\"}", "{\"window_ms\": -5, \"ended\": 1}",
        R"({"window_ms": 60000, "ended": -1, "fenced_total": 1e300, "run": {"buckets": [1, 2]}})",
        R"({"window_ms": 60000, "run": 7, "wait": {"buckets": {}}})"}) {
    const auto recent = recent_of(text, WorkerState::kAlive, 0s);
    EXPECT_EQ(recent.completed_per_second, 0) << text;
    EXPECT_EQ(recent.run.count(), 0) << text;
    EXPECT_EQ(recent.fenced_total, 0) << text;
  }
}

TEST(WorkerCounts, TellWhichTasksThereAre) {
  const WorkerCounts counts{.window = 6s, .tasks = {"mail.send", "mail.read"}};
  EXPECT_EQ(told_tasks(to_json(counts)), (std::vector<std::string>{"mail.send", "mail.read"}));
  EXPECT_EQ(told_tasks(to_json(WorkerCounts{})), std::nullopt);
  EXPECT_EQ(told_tasks("{\"tasks\": 7}"), std::nullopt) << "of another version";
  EXPECT_EQ(told_tasks("null"), std::nullopt);
}

TEST(WorkerCounts, StaySmallWhateverTasksThereAre) {
  const WorkerCounts many{.tasks = std::vector<std::string>(kMostToldTasks + 1, "a.b")};
  EXPECT_EQ(told_tasks(to_json(many)), std::nullopt);
  const WorkerCounts large{.tasks = {std::string(kMostToldBytes + 1, 'a')}};
  EXPECT_EQ(told_tasks(to_json(large)), std::nullopt);
}

TEST(EnqueuedLately, IsCountedWhileTheyAreFew) {
  EXPECT_DOUBLE_EQ(enqueued_per_second({.counted = 120, .ids = 1000}), 2);
  EXPECT_DOUBLE_EQ(enqueued_per_second({.counted = kMostEnqueuedCounted, .ids = 600'000}), 10'000);
}

}  // namespace
}  // namespace stint
