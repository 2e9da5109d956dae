#include "app/metrics_setup.hpp"
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include "app/environment.hpp"
#include "stint/error.hpp"
#include "support/settings_loading.hpp"

namespace stint {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

Settings metrics_settings(const std::string& toml) {
  auto loaded = testing::load(testing::from_toml("[metrics]\n" + toml));
  EXPECT_TRUE(loaded.problems.empty());
  return loaded.settings;
}

std::vector<Metric>& taken() {
  static std::vector<Metric> metrics;
  return metrics;
}

class OwnSink final : public MetricsSink {
 public:
  void push(std::span<const Metric> metrics) override {
    taken().insert(taken().end(), metrics.begin(), metrics.end());
  }
};

STINT_MODULE(own_metrics, m) {
  m.backend("own", [](const BackendOptions& options) {
    EXPECT_EQ(options.table, "metrics.own");
    return std::make_unique<OwnSink>();
  });
}

TEST(MetricsSetup, NeedsNobodyByDefault) {
  EXPECT_FALSE(make_metrics_pusher(metrics_settings(""), {})->has_sink());
}

TEST(MetricsSetup, TakesWhatSettingsName) {
  EXPECT_TRUE(make_metrics_pusher(metrics_settings("backend = \"statsd\""), {})->has_sink());
  EXPECT_TRUE(
      make_metrics_pusher(metrics_settings("backend = \"prometheus\"\n[metrics.prometheus]\n"
                                           "file = \"x.prom\""),
                          {})
          ->has_sink());
  try {
    make_metrics_pusher(metrics_settings("backend = \"statds\""), {});
    FAIL() << "a name that nobody has";
  } catch (const ConfigurationError& error) {
    EXPECT_THAT(error.what(), HasSubstr("did you mean \"statsd\"?"));
  }
}

TEST(MetricsSetup, TakesASinkOfTheUsersOwnAndEmptiesItAtTheEnd) {
  taken().clear();
  const std::vector<ModuleDefinition> modules = {own_metrics};
  {
    Environment environment{metrics_settings("backend = \"own\""), modules};
    environment.metrics()->push({{.name = "rows", .value = 1}, {.name = "more", .value = 2}});
    EXPECT_EQ(environment.metrics(), environment.metrics());
  }
  EXPECT_EQ(taken().size(), 2U);
}

}  // namespace
}  // namespace stint
