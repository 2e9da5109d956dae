#include "app/environment.hpp"
#include <filesystem>
#include <fstream>
#include <string>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include "stint/error.hpp"
#include "support/temporary_folder.hpp"

namespace stint {
namespace {

using namespace std::chrono_literals;
using ::testing::Contains;
using ::testing::HasSubstr;

Settings settings_of(const std::string& toml) {
  return load_settings(LoadOptions{.toml = toml, .use_environment = false});
}

void declare_good(Module& m) {
  m.setting<int>("warehouse.port").range(1, 65535) = 443;
  m.task("run", [] {});
}
void declare_bad(Module& m) {
  m.setting<std::string>("warehouse.url").required();
  m.task("run", [](int) {}, {arg("json")}, {.priority = 99999});
}

TEST(Environment, KnowsWhatModulesAndSettingsSay) {
  const ModuleDefinition modules[] = {{"good", declare_good}};
  const Environment environment{
      settings_of("[defaults]\nmax_attempts = 3\ntimeout = \"9s\"\n[limits]\nmax_json = 2048\n"),
      modules};
  EXPECT_EQ(environment.settings().get<int>("warehouse.port"), 443);
  EXPECT_NE(environment.registry().find_task("good.run"), nullptr);
  EXPECT_EQ(environment.enqueue_defaults().max_attempts, 3);
  EXPECT_EQ(environment.enqueue_defaults().timeout, 9s);
  EXPECT_EQ(environment.enqueue_defaults().limits.json_bytes, 2048);
}

TEST(Environment, JoinsTheTasksOfModulesAndSettings) {
  const ModuleDefinition modules[] = {{"good", declare_good}};
  const Environment environment{settings_of("[tasks.\"good.more\"]\ncommand = [\"true\"]\n"),
                                modules};
  EXPECT_EQ(environment.registry().task_names(),
            (std::vector<std::string>{"good.more", "good.run"}));
  try {
    const Environment refused{settings_of("[tasks.\"good.run\"]\ncommand = [\"true\"]\n"), modules};
    FAIL() << "nothing was thrown";
  } catch (const ConfigurationError& error) {
    EXPECT_THAT(error.problems(),
                ::testing::ElementsAre(HasSubstr("stint.toml:1: tasks.\"good.run\": module "
                                                 "\"good\" has a task of this name")));
  }
}

TEST(Environment, ReportsProblemsOfModulesAndSettingsAtOnce) {
  const ModuleDefinition modules[] = {{"bad", declare_bad}};
  try {
    const Environment environment{settings_of("[warehose]\nport = 1\n"), modules};
    FAIL() << "nothing was thrown";
  } catch (const ConfigurationError& error) {
    EXPECT_THAT(error.problems(), Contains(HasSubstr("the option --json")));
    EXPECT_THAT(error.problems(), Contains(HasSubstr("priority 99999")));
    EXPECT_THAT(error.problems(), Contains(HasSubstr("warehose")));
    EXPECT_THAT(error.problems(), Contains(HasSubstr("warehouse.url")));
  }
}

TEST(Environment, LeavesOtherProgramsTablesAloneWithoutModules) {
  const Environment environment{settings_of("[warehouse]\nport = 1\n")};
  EXPECT_TRUE(environment.registry().tasks().empty());
}

TEST(Environment, OpensItsStoreOnceAndAtFirstUse) {
  const test::TemporaryFolder folder;
  const std::filesystem::path file = folder.path() / "jobs.db";
  Environment environment{settings_of(""), {}, "sqlite:" + file.string()};
  EXPECT_FALSE(std::filesystem::exists(file));
  const std::shared_ptr<Store> store = environment.shared_store();
  EXPECT_TRUE(std::filesystem::exists(file));
  EXPECT_EQ(&environment.store(), store.get());
}

TEST(Environment, TriesAgainAfterAStoreThatCouldNotBeOpened) {
  const test::TemporaryFolder folder;
  const std::filesystem::path blocked = folder.path() / "folder";
  {
    std::ofstream{blocked} << "a file stands where a folder must";
  }
  Environment environment{settings_of(""), {}, "sqlite:" + (blocked / "jobs.db").string()};
  EXPECT_THROW(static_cast<void>(environment.store()), Error);
  std::filesystem::remove(blocked);
  std::filesystem::create_directory(blocked);
  EXPECT_EQ(environment.store().status().backend, "sqlite");
}

}  // namespace
}  // namespace stint
