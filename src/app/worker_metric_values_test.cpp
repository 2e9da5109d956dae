#include "app/worker_metric_values.hpp"
#include <algorithm>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace stint {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::Each;
using ::testing::Field;
using ::testing::Pair;

// The value of a name, with that of one tag if there is one.
double value_of(const std::vector<Metric>& metrics, const std::string& name,
                const std::string& tag_value = "") {
  const auto found = std::ranges::find_if(metrics, [&](const Metric& metric) {
    return metric.name == name &&
           (tag_value.empty() || std::ranges::any_of(metric.tags, [&](const auto& tag) {
              return tag.second == tag_value;
            }));
  });
  if (found != metrics.end()) return found->value;
  ADD_FAILURE() << "no " << name;
  return -1;
}

TEST(WorkerMetricValues, TellWhatWasCountedSinceTheLastTime) {
  WorkerMetrics counted;
  WorkerMetricValues values{"north"};
  const WorkerView view{
      .metrics = counted, .id = WorkerId{7}, .slots = 4, .running = 1, .is_ready = true};
  counted.claimed.add(5);
  counted.run.observe(2s);
  counted.run.observe(1s);
  const auto first = values.take(view);
  EXPECT_EQ(value_of(first, "stint_worker_claimed_total"), 5);
  EXPECT_EQ(value_of(first, "stint_worker_run_seconds_count"), 2);
  EXPECT_EQ(value_of(first, "stint_worker_run_seconds_sum"), 3);
  EXPECT_EQ(value_of(first, "stint_worker_slots_free"), 3);
  EXPECT_EQ(value_of(first, "stint_worker_ready"), 1);
  EXPECT_THAT(first, Each(Field(&Metric::tags, AllOf(Contains(Pair("node", "north")),
                                                     Contains(Pair("worker", "7"))))));
  counted.claimed.add(2);
  const auto second = values.take(view);
  EXPECT_EQ(value_of(second, "stint_worker_claimed_total"), 2);
  EXPECT_EQ(value_of(second, "stint_worker_run_seconds_count"), 0);
  EXPECT_EQ(value_of(second, "stint_worker_slots"), 4) << "a gauge is not a difference";
}

TEST(WorkerMetricValues, KeepOutcomesApart) {
  WorkerMetrics counted;
  WorkerMetricValues values{"north"};
  Completion completion;
  completion.outcome = Outcome::kDone;
  counted.count_end(completion);
  const auto metrics = values.take({.metrics = counted, .id = WorkerId{7}});
  EXPECT_EQ(value_of(metrics, "stint_worker_ended_total", "done"), 1);
  EXPECT_EQ(value_of(metrics, "stint_worker_ended_total", "failed"), 0);
  counted.count_end(completion);
  EXPECT_EQ(value_of(values.take({.metrics = counted, .id = WorkerId{7}}),
                     "stint_worker_ended_total", "done"),
            1);
}

TEST(StoreMetricValues, TellOfJobsAndWorkers) {
  StoreStatus status;
  status.counts = {{.domain = "mail", .state = JobState::kQueued, .jobs = 7}};
  status.now = StoreTime{100s};
  status.oldest_due = {{.domain = "mail", .since = StoreTime{58s}}};
  status.workers = {.alive = 2, .stopped = 1, .dead = 0};
  status.recent.failed_per_second = 0.5;
  const auto metrics = store_metric_values(status);
  EXPECT_EQ(value_of(metrics, "stint_store_jobs", "queued"), 7);
  EXPECT_EQ(value_of(metrics, "stint_store_oldest_due_age_seconds", "mail"), 42);
  EXPECT_EQ(value_of(metrics, "stint_store_workers", "alive"), 2);
  EXPECT_EQ(value_of(metrics, "stint_store_workers", "dead"), 0);
  EXPECT_EQ(value_of(metrics, "stint_store_failed_per_second"), 0.5);
}

}  // namespace
}  // namespace stint
