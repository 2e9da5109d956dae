#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include "stint/error.hpp"
#include "support/settings_loading.hpp"

namespace stint {
namespace {

using namespace std::chrono_literals;
using namespace stint::testing;
using ::testing::IsEmpty;

TEST(Precedence, PutsTheFileOverTheDefaults) {
  const Loaded loaded = load(from_toml("[worker]\nslots = 3\nlease = \"1m\""));
  EXPECT_EQ(loaded.settings.get<int>("worker.slots"), 3);
  EXPECT_EQ(loaded.settings.get<std::chrono::seconds>("worker.lease"), 60s);
  EXPECT_EQ(loaded.settings.source("worker.lease"), "stint.toml:3");
}

TEST(Precedence, PutsTheEnvironmentOverTheFile) {
  const Loaded loaded = load(from_toml("[worker]\nslots = 3", {{"STINT_WORKER_SLOTS", "5"}}));
  EXPECT_EQ(loaded.settings.get<int>("worker.slots"), 5);
  EXPECT_EQ(loaded.settings.source("worker.slots"), "environment STINT_WORKER_SLOTS");
}

TEST(Precedence, PutsTheCommandLineOverTheEnvironment) {
  LoadOptions options = from_toml("", {{"STINT_WORKER_SLOTS", "5"}});
  options.command_line = {{"worker.slots", "7"}};
  const Loaded loaded = load(options);
  EXPECT_EQ(loaded.settings.get<int>("worker.slots"), 7);
  EXPECT_EQ(loaded.settings.source("worker.slots"), "command line");
}

TEST(Precedence, PutsTheEnvironmentOverTheDefaults) {
  const Loaded loaded = load(from_toml("", {{"STINT_WORKER_LEASE", "45"}}));
  EXPECT_EQ(loaded.settings.get<std::chrono::seconds>("worker.lease"), 45s);
}

TEST(Precedence, PutsTheCommandLineOverTheFileAndTheDefaults) {
  LoadOptions options = from_toml("[worker]\nslots = 3");
  options.command_line = {{"worker.slots", "7"}, {"worker.lease", "50s"}};
  const Loaded loaded = load(options);
  EXPECT_EQ(loaded.settings.get<int>("worker.slots"), 7);
  EXPECT_EQ(loaded.settings.get<std::chrono::seconds>("worker.lease"), 50s);
}

TEST(Precedence, HoldsForEachKeyOfATableByItself) {
  const Loaded loaded = load(from_toml("[logging]\nlevel = \"error\"\ncolor = \"never\"",
                                       {{"STINT_LOGGING", R"({"level":"debug"})"}}));
  EXPECT_THAT(loaded.problems, IsEmpty());
  EXPECT_EQ(loaded.settings.get<std::string>("logging.level"), "debug");
  EXPECT_EQ(loaded.settings.get<std::string>("logging.color"), "never");
  EXPECT_EQ(loaded.settings.source("logging.level"), "environment STINT_LOGGING");
}

TEST(Precedence, LetsASingleKeyAndAnInnerTableWinOverATable) {
  const Loaded loaded =
      load(from_toml("", {{"STINT_ONE_INSTANCE",
                           R"({"backend":"redis","consul":{"host":"a","port":1,"key":"outer"}})"},
                          {"STINT_ONE_INSTANCE_CONSUL", R"({"port":2,"key":"inner"})"},
                          {"STINT_ONE_INSTANCE_CONSUL_KEY", "single"}}));
  EXPECT_THAT(loaded.problems, IsEmpty());
  EXPECT_EQ(loaded.settings.get<std::string>("one_instance.backend"), "redis");
  EXPECT_EQ(loaded.settings.get<std::string>("one_instance.consul.host"), "a");
  EXPECT_EQ(loaded.settings.get<int>("one_instance.consul.port"), 2);
  EXPECT_EQ(loaded.settings.get<std::string>("one_instance.consul.key"), "single");
}

TEST(Precedence, TakesTablesOnTheCommandLineToo) {
  LoadOptions options = from_toml("");
  options.command_line = {{"logging.level", "debug"}, {"logging", R"({"level":"error"})"}};
  EXPECT_EQ(load(options).settings.get<std::string>("logging.level"), "debug");
}

}  // namespace
}  // namespace stint
