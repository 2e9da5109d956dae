#include "runtime/worker_metrics.hpp"
#include <chrono>
#include <limits>
#include <thread>
#include <vector>
#include <gtest/gtest.h>

namespace stint {
namespace {

using namespace std::chrono_literals;

TEST(Histogram, PutsADurationIntoTheFirstBucketThatHoldsIt) {
  Histogram histogram;
  histogram.observe(100us);  // inclusive
  histogram.observe(100us + 1ns);
  histogram.observe(3s);
  const HistogramSnapshot snapshot = histogram.snapshot();
  EXPECT_EQ(snapshot.buckets[0], 1);
  EXPECT_EQ(snapshot.buckets[1], 1);
  EXPECT_EQ(snapshot.buckets[14], 1);
  EXPECT_EQ(HistogramSnapshot::kBounds[14], 5s);
  EXPECT_EQ(snapshot.count(), 3);
  EXPECT_EQ(snapshot.sum, 3s + 200us + 1ns);
}

TEST(Histogram, HasABucketForWhatIsLongerThanAll) {
  Histogram histogram;
  histogram.observe(3600s);
  histogram.observe(24h);
  const HistogramSnapshot snapshot = histogram.snapshot();
  EXPECT_EQ(snapshot.buckets[18], 1);
  EXPECT_EQ(snapshot.buckets[19], 1);
}

TEST(Histogram, TakesNegativeDurationsForNone) {
  Histogram histogram;
  histogram.observe(-5s);  // two clocks may disagree
  EXPECT_EQ(histogram.snapshot().buckets[0], 1);
  EXPECT_EQ(histogram.snapshot().sum, 0s);
}

TEST(Histogram, HasGrowingBounds) {
  for (std::size_t i = 1; i < HistogramSnapshot::kBounds.size(); ++i) {
    EXPECT_LT(HistogramSnapshot::kBounds[i - 1], HistogramSnapshot::kBounds[i]);
  }
}

TEST(WorkerMetrics, LosesNothingBetweenThreads) {
  WorkerMetrics metrics;
  std::vector<std::thread> threads;
  threads.reserve(4);
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int n = 0; n < 5000; ++n) {
        metrics.claimed.add();
        metrics.wait.observe(1us);
        metrics.run.observe(1ms);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(metrics.claimed.value(), 20'000);
  EXPECT_EQ(metrics.begun(), 20'000);
  EXPECT_EQ(metrics.run.snapshot().count(), 20'000);
  EXPECT_EQ(metrics.run.snapshot().sum, 20s);
}

TEST(WorkerMetrics, TellsEndsApart) {
  const std::pair<Outcome, AttemptEnd> cases[] = {{Outcome::kDone, AttemptEnd::kDone},
                                                  {Outcome::kFailed, AttemptEnd::kFailed},
                                                  {Outcome::kRejected, AttemptEnd::kRejected},
                                                  {Outcome::kSnoozed, AttemptEnd::kSnoozed},
                                                  {Outcome::kAborted, AttemptEnd::kAborted},
                                                  {Outcome::kInterrupted, AttemptEnd::kInterrupted},
                                                  {Outcome::kCrashed, AttemptEnd::kCrashed}};
  WorkerMetrics metrics;
  for (const auto& [outcome, end] : cases) {
    metrics.count_end({.id = JobId{1}, .epoch = Epoch{1}, .outcome = outcome});
    EXPECT_EQ(metrics.ended(end), 1) << kAttemptEndNames[static_cast<std::size_t>(end)];
  }
  for (const auto& one : cases) {
    metrics.count_end({.id = JobId{1}, .epoch = Epoch{1}, .outcome = one.first, .started = false});
  }
  EXPECT_EQ(metrics.ended(AttemptEnd::kNotBegun), 7);
  EXPECT_EQ(metrics.ended(AttemptEnd::kInterrupted), 1);
}

}  // namespace
}  // namespace stint
