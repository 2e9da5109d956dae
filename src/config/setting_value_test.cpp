#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include "stint/error.hpp"
#include "support/settings_loading.hpp"

namespace stint {
namespace {

using namespace std::chrono_literals;
using namespace stint::testing;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

struct WrongSetting {
  std::string_view toml;
  std::string_view problem;
};

TEST(SettingTypes, AreReadFromTextOfTheEnvironment) {
  const Loaded loaded = load(from_toml("", {{"STINT_RUN_ONCE", "yes"},
                                            {"STINT_SLEEP_INTERVAL", "1.5"},
                                            {"STINT_DEFAULTS_RETENTION", "P2D"},
                                            {"STINT_WORKER_DOMAINS", "mail=10, bulk"},
                                            {"STINT_WAREHOUSE_URL", "https://x"},
                                            {"STINT_WAREHOUSE_SHELVES", R"(["a,b","c"])"},
                                            {"STINT_WAREHOUSE_EXTRA", R"({"a":[1,2]})"}}),
                             warehouse_settings());
  EXPECT_THAT(loaded.problems, IsEmpty());
  EXPECT_TRUE(loaded.settings.get<bool>("run_once"));
  EXPECT_EQ(loaded.settings.get<std::chrono::milliseconds>("sleep_interval"), 1500ms);
  EXPECT_EQ(loaded.settings.get<std::chrono::hours>("defaults.retention"), 48h);
  EXPECT_THAT(loaded.settings.get<std::vector<std::string>>("worker.domains"),
              ElementsAre("mail=10", "bulk"));
  EXPECT_THAT(loaded.settings.get<std::vector<std::string>>("warehouse.shelves"),
              ElementsAre("a,b", "c"));
  EXPECT_EQ(loaded.settings.get<json>("warehouse.extra"), json::parse(R"({"a":[1,2]})"));
}

TEST(SettingTypes, TakeAnEmptyVariableAsNotSet) {
  const Loaded loaded =
      load(from_toml("[worker]\nslots = 3",
                     {{"STINT_WORKER_SLOTS", ""}, {"STINT_SETTINGS", ""}, {"STINT_NONSENSE", ""}}));
  EXPECT_THAT(loaded.problems, IsEmpty());
  EXPECT_EQ(loaded.settings.get<int>("worker.slots"), 3);
}

TEST(SettingTypes, RefuseWrongTypesRangesAndChoices) {
  const std::vector<WrongSetting> cases = {
      {"run_once = 1", "stint.toml:1: run_once is 1; write true or false"},
      {"run_once = \"true\"", "stint.toml:1: run_once is \"true\"; write true or false"},
      {"[worker]\nslots = 0",
       "stint.toml:2: worker.slots is 0; write a whole number from 1 to 1024"},
      {"[worker]\nslots = 2.0", "worker.slots is 2; write a whole number from 1 to 1024"},
      {"[worker]\nslots = \"4\"", "worker.slots is \"4\"; write a whole number"},
      {"[worker]\nslots = 9223372036854775807", "is 9223372036854775807; write"},
      {"[worker]\nlease = 0.5", "worker.lease is 0.5; write a duration from 1s to 1d, as a number"},
      {"[worker]\nlease = -30", "worker.lease is -30; write a duration"},
      {"[worker]\nlease = nan", "worker.lease is nan; write a duration"},
      {"[worker]\nlease = inf", "worker.lease is inf; write a duration"},
      {"[worker]\nlease = \"soon\"", "worker.lease is \"soon\"; write a duration"},
      {"[worker]\nlease = 2026-11-21", "worker.lease is \"2026-11-21\"; write a duration"},
      {"[worker]\ndomains = \"mail\"", "worker.domains is \"mail\"; write a list of strings"},
      {"[worker]\ndomains = [1]", "worker.domains is a list; write a list of strings"},
      {"[worker]\ndomains = []", "worker.domains is empty"},
      {"[worker]\ndomains = [\"a b\"]", "worker.domains holds \"a b\""},
      {"[worker]\ndomains = [\"a=0\"]", "worker.domains holds \"a=0\""},
      {"[worker]\ndomains = [\"a=x\"]", "worker.domains holds \"a=x\""},
      {"[worker]\ndomains = [\"a=2\", \"a\"]", "worker.domains names \"a\" twice"},
      {"worker = 3", "stint.toml:1: worker is 3; write a table"},
      {"[[worker]]\nslots = 3", "worker is a list; write a table"},
      {"[logging.level]\nx = 1", "logging.level is a table; write one of debug, info"},
      {"[logging]\nlevel = \"warn\"",
       "logging.level is \"warn\"; write one of debug, info, warning, error"},
      {"[logging]\nlevel = \"eror\"",
       "logging.level is \"eror\" (did you mean \"error\"?); write one of"},
      {"[logging.levels]\nworker = \"loud\"", "logging.levels.worker is \"loud\"; write one of"},
      {"node = \"\"", "node is \"\"; write 1 to 253 of letters"},
      {"node = \"a\\u0000b\"",
       "node is \"a\xEF\xBF\xBD"
       "b\"; write a string"},
      {"[limits]\nmax_json = 999",
       "limits.max_json is 999; write a whole number from 1024 to 16777216"},
  };
  for (const WrongSetting& wrong : cases) {
    EXPECT_THAT(problems_of(wrong.toml), ElementsAre(HasSubstr(std::string{wrong.problem})))
        << wrong.toml;
  }
}

TEST(SettingTypes, RefuseWrongTextsOfTheEnvironment) {
  const std::vector<std::pair<std::pair<std::string, std::string>, std::string>> cases = {
      {{"STINT_RUN_ONCE", "maybe"},
       "environment STINT_RUN_ONCE: run_once is \"maybe\"; write true or false"},
      {{"STINT_WORKER_SLOTS", "many"},
       "environment STINT_WORKER_SLOTS: worker.slots is \"many\"; write a whole number"},
      {{"STINT_WORKER_SLOTS", "4 "}, "worker.slots is \"4 \""},
      {{"STINT_WORKER_SLOTS", "99999999999999999999"}, "worker.slots is \"99999999999999999999\""},
      {{"STINT_WORKER_LEASE", "-5"}, "worker.lease is \"-5\""},
      {{"STINT_WORKER_DOMAINS", "a,,b"}, "worker.domains is \"a,,b\""},
      {{"STINT_WORKER_DOMAINS", "[\"a\""}, "worker.domains is \"[\"a\"\""},
      {{"STINT_LOGGING", "{\"level\""}, "the table logging is not a JSON object"},
      {{"STINT_LOGGING", "[1]"}, "the table logging is not a JSON object"},
      {{"STINT_LOGGING", "{\"level\":\"loud\"}"},
       "environment STINT_LOGGING: logging.level is \"loud\""},
      {{"STINT_NODE", "a\xFF"}, "environment STINT_NODE: node is not UTF-8 text"},
  };
  for (const auto& [variable, problem] : cases) {
    EXPECT_THAT(problems_of("", {variable}), ElementsAre(HasSubstr(problem))) << variable.second;
  }
}

TEST(SettingTypes, BoundEndlessTables) {
  std::string nested;
  for (int i = 0; i < 100'000; ++i) nested += "{\"levels\":";
  nested += "1" + std::string(100'000, '}');
  EXPECT_THAT(problems_of("", {{"STINT_LOGGING", nested}}),
              ElementsAre(HasSubstr("the table logging is not a JSON object")));
  EXPECT_THAT(problems_of("", {{"STINT_WAREHOUSE_EXTRA", nested}, {"STINT_WAREHOUSE_URL", "x"}},
                          warehouse_settings()),
              ElementsAre(HasSubstr("warehouse.extra is")));
}

}  // namespace
}  // namespace stint
