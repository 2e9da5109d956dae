#include <filesystem>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include "stint/error.hpp"
#include "support/settings_loading.hpp"

namespace stint {
namespace {

using namespace std::chrono_literals;
using namespace stint::testing;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

class Files : public ::testing::Test {
 protected:
  Files()
      : folder_(std::filesystem::path{::testing::TempDir()} /
                ("settings_" + std::to_string(::getpid()) + "_" +
                 ::testing::UnitTest::GetInstance()->current_test_info()->name())) {
    std::filesystem::create_directories(folder_ / "stint");
    former_ = std::filesystem::current_path();
    std::filesystem::current_path(folder_);
  }
  ~Files() override {
    std::filesystem::current_path(former_);
    std::filesystem::remove_all(folder_);
  }

  void write(const std::string& name, std::string_view text) {
    std::ofstream{folder_ / name} << text;
  }

  // Which file was read, told by the node's name in it.
  std::string node_of(const LoadOptions& options) {
    const Loaded loaded = load(options);
    EXPECT_THAT(loaded.problems, IsEmpty());
    return loaded.settings.get<std::string>("node");
  }

  std::filesystem::path folder_;
  std::filesystem::path former_;
};

TEST_F(Files, AreFoundInTheirOrder) {
  write("option.toml", "node = \"option\"");
  write("variable.toml", "node = \"variable\"");
  write("stint.toml", "node = \"here\"");
  write("stint/stint.toml", "node = \"user\"");
  Variables environment = {{"STINT_SETTINGS", "variable.toml"}, {"XDG_CONFIG_HOME", folder_}};
  EXPECT_EQ(node_of({.file = "option.toml", .environment = environment}), "option");
  EXPECT_EQ(node_of({.environment = environment}), "variable");
  EXPECT_EQ(node_of({.use_environment = false, .environment = environment}), "here");
  environment.erase("STINT_SETTINGS");
  EXPECT_EQ(node_of({.environment = environment}), "here");
  std::filesystem::remove(folder_ / "stint.toml");
  EXPECT_EQ(node_of({.environment = environment}), "user");
}

TEST_F(Files, AreNamedInSources) {
  write("option.toml", "# a comment\nnode = \"option\"");
  const Loaded loaded = load({.file = "option.toml", .environment = Variables{}});
  EXPECT_EQ(loaded.settings.source("node"), "option.toml:2");
  EXPECT_EQ(loaded.settings.file(), "option.toml");
}

TEST_F(Files, MayBeNone) {
  const Loaded loaded = load({.environment = Variables{}});
  EXPECT_THAT(loaded.problems, IsEmpty());
  EXPECT_EQ(loaded.settings.file(), "");
}

TEST_F(Files, MustExistWhenNamed) {
  EXPECT_THAT(
      load({.file = "none.toml", .environment = Variables{}}).problems,
      ElementsAre("the settings file \"none.toml\" cannot be read: No such file or directory; "
                  "name a readable file, or none"));
  EXPECT_THAT(
      load({.environment = Variables{{"STINT_SETTINGS", "none.toml"}}}).problems,
      ElementsAre(StartsWith("environment STINT_SETTINGS: the settings file \"none.toml\"")));
}

TEST_F(Files, MustBeFiles) {
  std::filesystem::create_directory(folder_ / "stint.toml");
  EXPECT_THAT(load({.environment = Variables{}}).problems,
              ElementsAre(HasSubstr("\"stint.toml\" cannot be read: Is a directory")));
  EXPECT_THAT(load({.file = "/dev/zero", .environment = Variables{}}).problems,
              ElementsAre(HasSubstr("\"/dev/zero\" cannot be read: File too large")));
}

TEST_F(Files, ThatAreNoTomlAreNamedWithLineAndColumn) {
  write("stint.toml", "node = \"a\"\n[worker\nslots = 3\n");
  EXPECT_THAT(load({.environment = Variables{{"STINT_WORKER_SLOTS", "x"}}}).problems,
              ElementsAre(AllOf(StartsWith("stint.toml:2:8: this is not TOML: "),
                                EndsWith("; correct the line")),
                          HasSubstr("worker.slots is \"x\"")));
}

TEST_F(Files, ThatAreNoTomlDoNotShowTheirValues) {
  for (const char* text : {"password = hunter2", "password = \"hunter2", "password = 'hunter2\n'",
                           "password = \"\"\"hunter2", "password = \"hunter2\\x\"",
                           "password = \"hunter2\" x", "password = {a = hunter2"}) {
    write("stint.toml", text);
    EXPECT_THAT(load({.environment = Variables{}}).problems, ElementsAre(Not(HasSubstr("hunter2"))))
        << text;
  }
}

TEST_F(Files, OfTwoEqualKeysAreRefused) {
  write("stint.toml", "node = \"a\"\nnode = \"b\"\n");
  EXPECT_THAT(load({.environment = Variables{}}).problems, ElementsAre(HasSubstr("stint.toml:2:")));
}

TEST_F(Files, OfInvalidTextAreRefused) {
  write("stint.toml", "node = \"a\xFF\"\n");
  EXPECT_THAT(load({.environment = Variables{}}).problems,
              ElementsAre(HasSubstr("this is not TOML: ")));
}

}  // namespace
}  // namespace stint
