#include "runtime/metrics_pusher.hpp"
#include <atomic>
#include <condition_variable>
#include <functional>
#include <future>
#include <mutex>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include "base/log.hpp"
#include "stint/error.hpp"
#include "support/eventually.hpp"

namespace stint {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

// What the sink of a test was given; outlives the pusher.
struct Taken {
  std::mutex mutex;
  std::vector<std::size_t> batches;
  std::vector<Metric> metrics;
  std::function<void()> before = [] {};
  std::atomic<int> calls = 0;
};

class ScriptedSink final : public MetricsSink {
 public:
  explicit ScriptedSink(Taken& taken) : taken_(taken) {}
  void push(std::span<const Metric> metrics) override {
    ++taken_.calls;
    taken_.before();
    const std::lock_guard lock{taken_.mutex};
    taken_.batches.push_back(metrics.size());
    taken_.metrics.insert(taken_.metrics.end(), metrics.begin(), metrics.end());
  }

 private:
  Taken& taken_;
};

[[noreturn]] void fail(bool retryable) {
  throw Error{ErrorCode::kUnavailable, "nobody answers", {.retryable = retryable}};
}

std::vector<Metric> some(int count) {
  std::vector<Metric> metrics;
  metrics.reserve(static_cast<std::size_t>(count));
  for (int i = 0; i < count; ++i) metrics.push_back({.name = "m", .value = static_cast<double>(i)});
  return metrics;
}

// Collects the lines of the library while it lives.
class Lines {
 public:
  Lines() {
    set_log_sink([this](const LogLine& line) {
      const std::lock_guard lock{mutex_};
      lines_.push_back(line.text);
    });
  }
  ~Lines() { set_log_sink({}); }
  Lines(const Lines&) = delete;
  Lines& operator=(const Lines&) = delete;
  std::vector<std::string> all() {
    const std::lock_guard lock{mutex_};
    return lines_;
  }

 private:
  std::mutex mutex_;
  std::vector<std::string> lines_;
};

TEST(MetricsPusher, SendsInBatchesWithTheTimeOfThePush) {
  Taken taken;
  MetricsPusher pusher{std::make_unique<ScriptedSink>(taken), {.largest_batch = 3}};
  const auto given = std::chrono::system_clock::from_time_t(1'600'000'000);
  std::vector<Metric> metrics = some(7);
  metrics[6].time = given;
  const auto before = std::chrono::system_clock::now();
  pusher.push(std::move(metrics));
  EXPECT_TRUE(pusher.flush(20s));
  EXPECT_THAT(taken.batches, ElementsAre(3, 3, 1));
  EXPECT_EQ(taken.metrics[6].time, given);
  EXPECT_GE(taken.metrics[0].time.value(), before);
  EXPECT_LE(taken.metrics[0].time.value(), std::chrono::system_clock::now());
}

TEST(MetricsPusher, KeepsNobodyWaitingForASinkThatHangs) {
  Taken taken;
  std::promise<void> go_on;
  taken.before = [gate = go_on.get_future().share()] { gate.wait(); };
  MetricsPusher pusher{std::make_unique<ScriptedSink>(taken), {.most_waiting = 5}};
  pusher.push(some(1));
  ASSERT_TRUE(test::eventually([&] { return taken.calls == 1; }));
  pusher.push(some(8));
  EXPECT_EQ(pusher.dropped(), 3);
  EXPECT_FALSE(pusher.flush(1ms));
  go_on.set_value();
  EXPECT_TRUE(pusher.flush(20s));
  EXPECT_EQ(taken.metrics.size(), 6U);
}

TEST(MetricsPusher, TriesAgainAndTellsOfTheOutageOnce) {
  Lines lines;
  Taken taken;
  taken.before = [&] {
    if (taken.calls <= 3) fail(true);
  };
  MetricsPusher pusher{std::make_unique<ScriptedSink>(taken), {.retry_wait = 1ms}};
  pusher.push(some(2));
  EXPECT_TRUE(pusher.flush(20s));
  EXPECT_EQ(taken.calls, 4);
  EXPECT_EQ(taken.metrics.size(), 2U);
  EXPECT_EQ(pusher.dropped(), 0);
  EXPECT_THAT(lines.all(), ElementsAre("metrics are not taken: nobody answers",
                                       "metrics are taken again; 0 were dropped meanwhile"));
}

TEST(MetricsPusher, GivesABatchUpAfterItsAttempts) {
  Lines lines;
  Taken taken;
  taken.before = [&] {
    if (taken.calls <= 4) fail(true);
  };
  MetricsPusher pusher{std::make_unique<ScriptedSink>(taken),
                       {.max_attempts = 4, .retry_wait = 1ms}};
  pusher.push(some(2));
  EXPECT_TRUE(pusher.flush(20s));
  EXPECT_EQ(pusher.dropped(), 2);
  pusher.push(some(1));
  EXPECT_TRUE(pusher.flush(20s));
  EXPECT_EQ(pusher.dropped(), 2);
  EXPECT_THAT(lines.all().back(), HasSubstr("2 were dropped meanwhile"));
}

TEST(MetricsPusher, TriesNothingAgainThatIsRefused) {
  Taken taken;
  taken.before = [] { fail(false); };
  MetricsPusher pusher{std::make_unique<ScriptedSink>(taken), {}};
  pusher.push(some(2));
  EXPECT_TRUE(pusher.flush(20s));
  EXPECT_EQ(taken.calls, 1);
  EXPECT_EQ(pusher.dropped(), 2);
}

TEST(MetricsPusher, SurvivesASinkOfTheUsersThatThrowsAnything) {
  Taken taken;
  taken.before = [] { throw std::out_of_range{"mine"}; };
  MetricsPusher pusher{std::make_unique<ScriptedSink>(taken), {}};
  pusher.push(some(2));
  EXPECT_TRUE(pusher.flush(20s));
  EXPECT_EQ(pusher.dropped(), 2);
}

TEST(MetricsPusher, EndsInTheMiddleOfAPause) {
  Lines lines;
  Taken taken;
  taken.before = [] { fail(true); };
  const auto begin = std::chrono::steady_clock::now();
  {
    MetricsPusher pusher{std::make_unique<ScriptedSink>(taken), {.retry_wait = 10min}};
    pusher.push(some(1));
    ASSERT_TRUE(test::eventually([&] { return taken.calls == 1; }));
    pusher.push(some(4));
  }
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 60s);
  EXPECT_EQ(lines.all().back(), "4 metrics were not sent");
}

TEST(MetricsPusher, DropsEverythingWithoutASink) {
  MetricsPusher pusher{nullptr};
  EXPECT_FALSE(pusher.has_sink());
  pusher.push(some(3));
  EXPECT_TRUE(pusher.flush(0s));
  EXPECT_EQ(pusher.dropped(), 0) << "nobody wanted them";
}

}  // namespace
}  // namespace stint
