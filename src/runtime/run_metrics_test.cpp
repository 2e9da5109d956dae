#include "runtime/run_metrics.hpp"
#include <cmath>
#include <limits>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include "runtime/metrics_pusher.hpp"
#include "stint/error.hpp"

namespace stint {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;

const auto kTime = std::chrono::system_clock::from_time_t(1'600'000'000) + 250ms;

TEST(RunMetrics, HaveTheSeedsNamesAndTags) {
  const auto metrics = run_metrics({.task = "example.hello",
                                    .status = RunStatus::kSucceeded,
                                    .duration = 1500ms,
                                    .ended_at = kTime});
  ASSERT_EQ(metrics.size(), 2U);
  EXPECT_EQ(metrics[0].name, "job_duration_seconds");
  EXPECT_EQ(metrics[0].value, 1.5);
  EXPECT_EQ(metrics[0].kind, MetricKind::kTimer);
  EXPECT_EQ(metrics[0].time, kTime);
  EXPECT_THAT(metrics[0].tags, ElementsAre(Pair("task", "example.hello"), Pair("type", "task"),
                                           Pair("status", "succeeded")));
  EXPECT_EQ(metrics[1].name, "last_successful_run_timestamp");
  EXPECT_EQ(metrics[1].value, 1'600'000'000);
  EXPECT_EQ(metrics[1].kind, MetricKind::kGauge);
  EXPECT_THAT(metrics[1].tags, ElementsAre(Pair("task", "example.hello"), Pair("type", "task")));
}

TEST(RunMetrics, StampOnlySuccesses) {
  for (const auto& [status, name] : {std::pair{RunStatus::kFailed, "failed"},
                                     {RunStatus::kPending, "pending"},
                                     {RunStatus::kInterrupted, "interrupted"},
                                     {RunStatus::kKilled, "killed"},
                                     {RunStatus::kUnavailable, "unavailable"}}) {
    const auto metrics = run_metrics({.task = "x", .status = status, .ended_at = kTime});
    ASSERT_EQ(metrics.size(), 1U) << name;
    EXPECT_THAT(metrics[0].tags.at(2), Pair("status", name));
  }
}

class Keeping final : public MetricsSink {
 public:
  explicit Keeping(std::vector<Metric>& kept) : kept_(kept) {}
  void push(std::span<const Metric> metrics) override {
    kept_.insert(kept_.end(), metrics.begin(), metrics.end());
  }

 private:
  std::vector<Metric>& kept_;
};

TEST(TaskMetrics, CarryTheTask) {
  std::vector<Metric> kept;
  {
    const auto pusher = std::make_shared<MetricsPusher>(std::make_unique<Keeping>(kept));
    const auto metrics = make_task_metrics("reports.daily", pusher);
    metrics->push("rows", 42, {{"table", "orders"}});
    metrics->push({{.name = "read", .value = 7, .kind = MetricKind::kCounter}});
    push_lock_state(*pusher, "reports.daily", true);
    ASSERT_TRUE(pusher->flush(20s));
  }
  ASSERT_EQ(kept.size(), 3U);
  EXPECT_EQ(kept[0].name, "rows");
  EXPECT_EQ(kept[0].value, 42);
  EXPECT_THAT(kept[0].tags, ElementsAre(Pair("table", "orders"), Pair("task", "reports.daily")));
  EXPECT_EQ(kept[1].kind, MetricKind::kCounter);
  EXPECT_EQ(kept[2].name, "one_instance_lock_held");
  EXPECT_EQ(kept[2].value, 1);
}

TEST(TaskMetrics, RefuseWhatCannotBeMeant) {
  const auto metrics = make_task_metrics("x", std::make_shared<MetricsPusher>(nullptr));
  const auto message = [&](const std::string& name, double value, const std::string& tag) {
    try {
      metrics->push(name, value, {{tag, "v"}});
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kUsage);
      return std::string{error.what()};
    }
    return std::string{"none"};
  };
  for (const std::string tag : {"task", "type", "status"}) {
    EXPECT_THAT(message("rows", 1, tag), HasSubstr("\"rows\" cannot be pushed: the tag \"" + tag));
  }
  EXPECT_THAT(message("", 1, "a"), HasSubstr("it has no name"));
  EXPECT_THAT(message("rows", std::nan(""), "a"), HasSubstr("its value is nan"));
  EXPECT_THAT(message("rows", -std::numeric_limits<double>::infinity(), "a"),
              HasSubstr("its value is -inf"));
  EXPECT_THAT(message("rows", 1, ""), HasSubstr("a tag has no name"));
  EXPECT_EQ(message("rows", 1, "Task"), "none");
}

}  // namespace
}  // namespace stint
