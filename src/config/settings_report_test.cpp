#include "config/settings_report.hpp"
#include <algorithm>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include "config/load_settings.hpp"

namespace stint {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

const std::vector<SettingSpec> kDeclared = {
    Setting::of<std::string>("own.token").secret().help("opens the door").spec(),
    Setting::of<json>("own.table").spec(),
    Setting::of<std::string>("own.unset").spec(),
};

Settings reported_settings(const std::string& toml,
                           std::map<std::string, std::string> environment = {}) {
  std::vector<std::string> problems;
  Settings settings = read_settings({.toml = toml, .environment = std::move(environment)},
                                    kDeclared, UnknownSettings::kKept, problems);
  EXPECT_EQ(problems, std::vector<std::string>{});
  return settings;
}

SettingLine line_of(const Settings& settings, std::string_view key) {
  for (const SettingLine& line : setting_lines(settings)) {
    if (line.key == key) return line;
  }
  ADD_FAILURE() << "no line for " << key;
  return {};
}

TEST(SettingLines, SayWhereEachValueCameFrom) {
  const Settings settings =
      reported_settings("[worker]\nslots = 3", {{"STINT_LOGGING_LEVEL", "debug"}});
  const SettingLine slots = line_of(settings, "worker.slots");
  EXPECT_EQ(slots.value, "3");
  EXPECT_EQ(slots.source, "stint.toml:2");
  EXPECT_EQ(slots.variable, "STINT_WORKER_SLOTS");
  EXPECT_THAT(slots.help, HasSubstr("How many jobs"));
  EXPECT_TRUE(slots.is_set);
  EXPECT_EQ(line_of(settings, "logging.level").source, "environment STINT_LOGGING_LEVEL");
  EXPECT_EQ(line_of(settings, "worker.lease").value, "30s");
  EXPECT_EQ(line_of(settings, "worker.lease").source, "default");
  EXPECT_EQ(line_of(settings, "worker.domains").value, R"(["default"])");
  const SettingLine unset = line_of(settings, "own.unset");
  EXPECT_FALSE(unset.is_set);
  EXPECT_EQ(unset.source, "not set");
}

TEST(SettingLines, ListEachKeyOnce) {
  const Settings settings = reported_settings("[stores]\ndefault = \"sqlite:a\"\nb = \"sqlite:b\"");
  std::vector<std::string> keys;
  for (const SettingLine& line : setting_lines(settings)) keys.push_back(line.key);
  EXPECT_EQ(std::ranges::count(keys, "stores.default"), 1);
  EXPECT_EQ(std::ranges::count(keys, "stores.b"), 1);
  EXPECT_EQ(std::ranges::count(keys, "stores.*"), 0);
  EXPECT_EQ(line_of(settings, "stores.default").variable, "STINT_STORE");
}

TEST(SettingLines, NeverShowSecrets) {
  const Settings settings = reported_settings(R"(
[stores]
default = "postgresql://ann:hunter2@h/d?sslpassword=hunter2"
[own]
token = "hunter2"
[own.table]
password = "hunter2"
deep = [{token = "hunter2", url = "x://u:hunter2@h"}]
[undeclared]
api_token = "hunter2"
url = "redis://:hunter2@h"
[metrics.influxdb]
password = "hunter2"
)");
  EXPECT_EQ(line_of(settings, "own.token").value, "***");
  EXPECT_EQ(line_of(settings, "stores.default").value, "postgresql://ann:***@h/d?sslpassword=***");
  EXPECT_EQ(line_of(settings, "metrics.influxdb.password").value, "***");
  for (const SettingLine& line : setting_lines(settings)) {
    EXPECT_THAT(line.value, Not(HasSubstr("hunter2"))) << line.key;
  }
  EXPECT_THAT(settings_json(settings).dump(), Not(HasSubstr("hunter2")));
}

TEST(SettingLines, EscapeWhatATerminalWouldObey) {
  EXPECT_EQ(
      line_of(reported_settings("[logging]\nfile = \"a\\u001b[31m\\nb\""), "logging.file").value,
      "a\\x1b[31m\\nb");
}

TEST(SettingsJson, KeepsTheTypes) {
  const json list = settings_json(reported_settings("[worker]\nslots = 3"));
  const auto find = [&](std::string_view key) {
    return *std::ranges::find_if(list, [&](const json& row) { return row["key"] == key; });
  };
  EXPECT_EQ(find("worker.slots")["value"], 3);
  EXPECT_EQ(find("run_once")["value"], false);
  EXPECT_EQ(find("own.unset")["value"], nullptr);
  EXPECT_EQ(find("own.token")["help"], "opens the door");
}

}  // namespace
}  // namespace stint
