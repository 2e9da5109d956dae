/// The contract of a MetricsSink, as GoogleTest's tests: run them against your own, as those of a
/// lock in lock_contract.hpp. Not part of `stint.hpp`; needs GoogleTest.
#pragma once
#include <chrono>
#include <cmath>
#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <vector>
#include <gtest/gtest.h>
#include "stint/metrics.hpp"

namespace stint::contract {

/// Where the tests get their sinks.
struct MetricsPlace {
  std::string name;
  /// Makes a sink whose metrics nobody else's are among.
  std::function<std::unique_ptr<MetricsSink>()> make_sink;
  /// How many values of this name have arrived so far; unset: nobody can tell. Waits for what is on
  /// its way if `at_least` says how many there should be.
  std::function<int(const std::string& name, int at_least)> count_arrived = {};
  /// Says why the tests cannot run here, a server that is not there for example: they are skipped.
  /// Empty: they can.
  std::function<std::string()> find_obstacle = {};
};

// GoogleTest looks for this name.
inline void PrintTo(const MetricsPlace& place,
                    std::ostream* to) {  // NOLINT(readability-identifier-naming)
  *to << place.name;
}

class MetricsContract : public testing::TestWithParam<MetricsPlace> {
 protected:
  void SetUp() override {
    const std::string obstacle = GetParam().find_obstacle ? GetParam().find_obstacle() : "";
    if (!obstacle.empty()) GTEST_SKIP() << obstacle;
  }

  static void expect_arrived(const std::string& name, int count) {
    if (!GetParam().count_arrived) return;
    EXPECT_EQ(GetParam().count_arrived(name, count), count) << name;
  }
};

TEST_P(MetricsContract, TakesNothing) { EXPECT_NO_THROW(GetParam().make_sink()->push({})); }

TEST_P(MetricsContract, TakesEveryKind) {
  const auto sink = GetParam().make_sink();
  const std::vector<Metric> metrics = {
      {.name = "contract_gauge", .value = 1.5, .tags = {{"task", "a.b"}}},
      {.name = "contract_counter", .value = 2, .kind = MetricKind::kCounter},
      {.name = "contract_timer",
       .value = 0.25,
       .tags = {{"status", "succeeded"}},
       .kind = MetricKind::kTimer}};
  EXPECT_NO_THROW(sink->push(metrics));
  for (const Metric& metric : metrics) expect_arrived(metric.name, 1);
}

TEST_P(MetricsContract, TakesManyAtOnce) {
  const auto sink = GetParam().make_sink();
  std::vector<Metric> metrics;
  const auto start = std::chrono::system_clock::now();
  for (int i = 0; i < 500; ++i) {
    metrics.push_back({.name = "contract_many",
                       .value = static_cast<double>(i),
                       .tags = {{"number", std::to_string(i)}},
                       .time = start + std::chrono::milliseconds{i}});
  }
  EXPECT_NO_THROW(sink->push(metrics));
  expect_arrived("contract_many", 500);
}

TEST_P(MetricsContract, TakesAnyValueThatIsFinite) {
  const auto sink = GetParam().make_sink();
  std::vector<Metric> metrics;
  int number = 0;
  for (const double value : {0.0, -0.0, -1.0, 1e300, 1e-300, 123456789.123456789}) {
    metrics.push_back(
        {.name = "contract_value", .value = value, .tags = {{"number", std::to_string(number++)}}});
  }
  EXPECT_NO_THROW(sink->push(metrics));
  expect_arrived("contract_value", number);
}

TEST_P(MetricsContract, TakesAnyTextInTags) {
  const auto sink = GetParam().make_sink();
  const std::vector<Metric> metrics = {
      {.name = "contract_text", .value = 1, .tags = {{"path", "a b,c=d\\e\"f'g"}}},
      {.name = "contract_text", .value = 1, .tags = {{"line", "two\nlines\r\ttab"}}},
      {.name = "contract_text", .value = 1, .tags = {{"accent", "\xC3\xA9t\xC3\xA9 {x} |#:@"}}},
      {.name = "contract_text", .value = 1, .tags = {{"empty", ""}}},
      {.name = "contract_text", .value = 1, .tags = {{"end", "\\"}}}};
  EXPECT_NO_THROW(sink->push(metrics));
  expect_arrived("contract_text", static_cast<int>(metrics.size()));
}

}  // namespace stint::contract
