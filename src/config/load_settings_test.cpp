#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include "stint/error.hpp"
#include "stint/module.hpp"
#include "support/settings_loading.hpp"

STINT_MODULE(load_settings_test_module, m) {
  m.setting<std::string>("warehouse.url").required().help("where it answers");
  m.setting<std::string>("k") = "v";
}

namespace stint {
namespace {

using namespace std::chrono_literals;
using namespace stint::testing;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;
using ::testing::UnorderedElementsAre;

TEST(LoadSettings, HasTheDefaults) {
  const Loaded loaded = load(from_toml("", {{"HOME", "/home/ann"}}));
  EXPECT_THAT(loaded.problems, IsEmpty());
  EXPECT_EQ(loaded.settings.get<std::string>("logging.level"), "info");
  EXPECT_EQ(loaded.settings.get<std::chrono::seconds>("worker.lease"), 30s);
  EXPECT_EQ(loaded.settings.get<long>("limits.max_json"), 1L << 20);
  EXPECT_EQ(loaded.settings.get<int>("defaults.max_attempts"), 1);
  EXPECT_EQ(loaded.settings.get<std::chrono::hours>("defaults.retention"), 24h);
  EXPECT_EQ(loaded.settings.get<bool>("run_once"), false);
  EXPECT_EQ(loaded.settings.get<std::string>("stores.default"),
            "sqlite:/home/ann/.local/state/stint/jobs.db");
  EXPECT_FALSE(loaded.settings.get<std::string>("node").empty());
  EXPECT_EQ(loaded.settings.source("worker.lease"), "default");
  EXPECT_EQ(loaded.settings.source("worker.slots"), "not set");
  EXPECT_EQ(loaded.settings.find<int>("worker.slots"), std::nullopt);
}

TEST(LoadSettings, PutsTheDefaultStoreIntoTheStateFolder) {
  const Loaded loaded =
      load(from_toml("", {{"HOME", "/home/ann"}, {"XDG_STATE_HOME", "/var/my state"}}));
  EXPECT_EQ(loaded.settings.get<std::string>("stores.default"),
            "sqlite:/var/my%20state/stint/jobs.db");
  EXPECT_FALSE(load(from_toml("", {{"HOME", "relative"}})).settings.has("stores.default"));
}

TEST(LoadSettings, KnowsTheDefaultsWithoutAnySource) {
  const Settings settings;
  EXPECT_EQ(settings.get<std::chrono::seconds>("worker.heartbeat"), 10s);
  EXPECT_TRUE(settings.has("node"));
  EXPECT_FALSE(settings.has("stores.default")) << "a folder of the user's comes of the environment";
}

TEST(LoadSettings, TakesTheSettingsOfTheExamplePrograms) {
  const Loaded hello = load(from_toml(R"(
run_once = true

[one_instance]
backend = "dummy"

[logging]
level = "info"
)"));
  EXPECT_THAT(hello.problems, IsEmpty());
  EXPECT_TRUE(hello.settings.get<bool>("run_once"));
  EXPECT_EQ(hello.settings.get<std::string>("one_instance.backend"), "dummy");
  EXPECT_EQ(hello.settings.source("one_instance.backend"), "stint.toml:5");

  const Loaded one_instance = load(from_toml(R"(sleep_interval = 5

[warehouse]
url = "https://warehouse.example/api"

[one_instance]
backend = "consul"
[one_instance.consul]
host = "127.0.0.1"
port = 8500
key = "jobs/example/oneinstance/lock"
ttl = 30
lock_delay = 5
retry_max_attempts = 10
retry_wait_multiplier = 50

[liveness]
backend = "consul"
[liveness.consul]
key = "jobs/example/oneinstance/liveness"

[metrics]
backend = "influxdb"
[metrics.influxdb]
host = "127.0.0.1"
port = 8086
database = "jobs"
)"),
                                   warehouse_settings());
  EXPECT_THAT(one_instance.problems, IsEmpty());
  EXPECT_EQ(one_instance.settings.get<std::chrono::milliseconds>("one_instance.consul.ttl"), 30s);
  EXPECT_EQ(one_instance.settings.get<int>("metrics.influxdb.port"), 8086);
}

TEST(LoadSettings, ReportsFiveMistakesAtOnce) {
  const std::vector<std::string> problems = problems_of(R"(run_once = "sometimes"
[logging]
level = "loud"
levle = "info"
[worker]
slots = 5000
[stores]
default = "postgresql:/host/jobs"
)");
  EXPECT_THAT(
      problems,
      UnorderedElementsAre(
          StartsWith("stint.toml:1: run_once is \"sometimes\"; write true or false"),
          StartsWith("stint.toml:3: logging.level is \"loud\"; write one of debug"),
          StartsWith("stint.toml:4: there is no setting \"logging.levle\" (did you mean"),
          StartsWith("stint.toml:6: worker.slots is 5000; write a whole number from 1 to 1024"),
          StartsWith("stint.toml:8: stores.default: the URL \"postgresql:/host/jobs\" lacks "
                     "the two slashes")));
}

TEST(LoadSettings, ReportsEverySourceAtOnce) {
  LoadOptions options = from_toml("[worker]\nslots = 0", {{"STINT_RUN_ONCE", "maybe"}});
  options.command_line = {{"logging.level", "loud"}};
  EXPECT_THAT(load(options).problems,
              ElementsAre(StartsWith("stint.toml:2: "), StartsWith("environment STINT_RUN_ONCE: "),
                          StartsWith("command line: ")));
}

TEST(LoadSettings, ReportsAMistakeThatAnotherSourceCoversUp) {
  EXPECT_THAT(problems_of("[worker]\nslots = 0", {{"STINT_WORKER_SLOTS", "4"}}),
              ElementsAre(HasSubstr("worker.slots is 0")));
}

TEST(Secrets, AreInNoProblem) {
  const Variables environment = {
      {"STINT_STORE", "postgresql://u:hunter2@h:x/d"},
      {"STINT_STORES_B", "sqlite://u:hunter2@h/d?password=hunter2"},
      {"STINT_WAREHOUSE_TOKEN", "hunter2\xFF"},
      {"STINT_LOGGING", "{\"file\": \"hunter2"},
      {"STINT_WORKER_SLOTS", "postgresql://u:hunter2@h/d"},
      {"STINT_METRICS_INFLUXDB", R"({"password":{"is":"hunter2"}})"},
      {"STINT_WAREHOUSE", R"({"token":["hunter2"]})"},
      {"STINT_HUNTR", "hunter2"},
  };
  const std::vector<std::string> problems = problems_of(R"(
secret = "hunter2"
[metrics.influxdb]
password = 5
[warehouse]
token = ["hunter2"]
)",
                                                        environment, warehouse_settings());
  EXPECT_EQ(problems.size(), 12U) << ::testing::PrintToString(problems);
  for (const std::string& problem : problems) EXPECT_THAT(problem, Not(HasSubstr("hunter2")));
}

TEST(LoadSettings, TakesTheKeysOfModules) {
  const Settings settings =
      load_settings(from_toml("[warehouse]\nurl = \"x\""), {load_settings_test_module});
  EXPECT_EQ(settings.get<std::string>("warehouse.url"), "x");
  EXPECT_EQ(settings.get<std::string>("k"), "v");
  EXPECT_EQ(settings.source("k"), "default");
}

TEST(LoadSettings, ThrowsEveryProblemAtOnce) {
  try {
    load_settings(from_toml("run_once = 3\n[own]\nkey = 1"), {load_settings_test_module});
    FAIL() << "three problems passed";
  } catch (const ConfigurationError& error) {
    EXPECT_EQ(exit_code(error.code()), 78);
    EXPECT_THAT(error.problems(),
                UnorderedElementsAre(HasSubstr("run_once is 3"), HasSubstr("no table \"own\""),
                                     HasSubstr("there is no value for warehouse.url")));
  }
}

TEST(LoadSettings, LeavesOtherProgramsTablesAloneWithoutModules) {
  const Settings settings = load_settings(from_toml("[own]\nkey = 1"));
  EXPECT_EQ(settings.get<int>("own.key"), 1);
  EXPECT_THROW(load_settings(from_toml("[logging]\nlevle = 1")), ConfigurationError);
}

}  // namespace
}  // namespace stint
