// Which source decides what a runner does.
#include "cli/runner_options.hpp"
#include <chrono>
#include <map>
#include <string>
#include <vector>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include "stint/error.hpp"

namespace stint::cli {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

Settings settings_of(const std::string& toml,
                     const std::map<std::string, std::string>& environment = {}) {
  return load_settings({.toml = toml, .environment = environment});
}

RunnerChoice choose(const std::vector<std::string>& words, const Settings& settings) {
  RunnerLine line;
  OptionTable options;
  line.declare(options);
  options.parse(words);
  return choose_runner(line, settings);
}

std::string refusal(const std::vector<std::string>& words, const Settings& settings) {
  try {
    choose(words, settings);
  } catch (const Error& error) {
    return error.what();
  }
  return "not refused";
}

TEST(RunnerOptions, LoopWithoutAPauseByDefault) {
  const RunnerChoice choice = choose({}, settings_of(""));
  EXPECT_FALSE(choice.rules.run_once);
  EXPECT_EQ(choice.rules.sleep_interval, 0s);
  EXPECT_EQ(choice.rules.run_interval, 0s);
  EXPECT_FALSE(choice.rules.keep_lock);
  EXPECT_FALSE(choice.rules.release_on_error);
  EXPECT_FALSE(choice.disable_one_instance);
}

TEST(RunnerOptions, AreReadFromTheLine) {
  const RunnerChoice choice = choose(
      {"--run-interval", "5m", "--keep-lock", "--release-on-error", "--disable-one-instance"},
      settings_of(""));
  EXPECT_EQ(choice.rules.run_interval, 5min);
  EXPECT_TRUE(choice.rules.keep_lock);
  EXPECT_TRUE(choice.rules.release_on_error);
  EXPECT_TRUE(choice.disable_one_instance);
  EXPECT_EQ(choose({"--sleep-interval", "90s"}, settings_of("")).rules.sleep_interval, 90s);
  EXPECT_EQ(choose({"--sleep-interval", "7"}, settings_of("")).rules.sleep_interval, 7s);
  EXPECT_EQ(choose({"--run-once", "--wait", "3"}, settings_of("")).wait, 3s);
}

TEST(RunnerOptions, TheLineWinsOverTheEnvironmentAndThatOverTheFile) {
  const std::string file = "keep_lock = true\nrelease_on_error = true\nsleep_interval = 1";
  const Settings settings =
      settings_of(file, {{"STINT_KEEP_LOCK", "false"}, {"STINT_SLEEP_INTERVAL", "2"}});
  RunnerChoice choice = choose({}, settings);
  EXPECT_FALSE(choice.rules.keep_lock);
  EXPECT_TRUE(choice.rules.release_on_error);
  EXPECT_EQ(choice.rules.sleep_interval, 2s);
  choice = choose({"--keep-lock", "--no-release-on-error", "--sleep-interval", "3"}, settings);
  EXPECT_TRUE(choice.rules.keep_lock);
  EXPECT_FALSE(choice.rules.release_on_error);
  EXPECT_EQ(choice.rules.sleep_interval, 3s);
}

TEST(RunnerOptions, EachSwitchHasANegativeForm) {
  const Settings all = settings_of(
      "run_once = true\nkeep_lock = true\nrelease_on_error = true\ndisable_one_instance = true");
  const RunnerChoice choice = choose(
      {"--no-run-once", "--no-keep-lock", "--no-release-on-error", "--no-disable-one-instance"},
      all);
  EXPECT_FALSE(choice.rules.run_once);
  EXPECT_FALSE(choice.rules.keep_lock);
  EXPECT_FALSE(choice.rules.release_on_error);
  EXPECT_FALSE(choice.disable_one_instance);
}

TEST(RunnerOptions, AnIntervalTurnsOffARunOnceOfALowerSource) {
  const Settings file = settings_of("run_once = true");
  EXPECT_TRUE(choose({}, file).rules.run_once);
  EXPECT_FALSE(choose({"--sleep-interval", "5"}, file).rules.run_once);
  EXPECT_FALSE(choose({"--run-interval", "0"}, file).rules.run_once);
  EXPECT_FALSE(
      choose({}, settings_of("run_once = true", {{"STINT_RUN_INTERVAL", "5"}})).rules.run_once);
  // Not of the same source, nor of a higher one.
  EXPECT_TRUE(choose({}, settings_of("run_once = true\nrun_interval = 5")).rules.run_once);
  EXPECT_TRUE(choose({"--run-once"}, settings_of("run_interval = 5")).rules.run_once);
  EXPECT_TRUE(
      choose({}, settings_of("run_interval = 5", {{"STINT_RUN_ONCE", "1"}})).rules.run_once);
}

TEST(RunnerOptions, OfTwoIntervalsTheHigherSourceWins) {
  const RunnerChoice choice = choose({"--sleep-interval", "5"}, settings_of("run_interval = 60"));
  EXPECT_EQ(choice.rules.sleep_interval, 5s);
  EXPECT_EQ(choice.rules.run_interval, 0s);
  const RunnerChoice other =
      choose({}, settings_of("sleep_interval = 60", {{"STINT_RUN_INTERVAL", "7"}}));
  EXPECT_EQ(other.rules.sleep_interval, 0s);
  EXPECT_EQ(other.rules.run_interval, 7s);
}

TEST(RunnerOptions, TwoIntervalsOfOneSourceAreRefused) {
  EXPECT_THAT(refusal({"--sleep-interval", "5", "--run-interval", "6"}, settings_of("")),
              HasSubstr("exclude each other"));
  EXPECT_THAT(refusal({}, settings_of("sleep_interval = 5\nrun_interval = 6")),
              HasSubstr("exclude each other"));
  EXPECT_THAT(
      refusal({}, settings_of("", {{"STINT_SLEEP_INTERVAL", "5"}, {"STINT_RUN_INTERVAL", "6"}})),
      HasSubstr("exclude each other"));
  // Those of a lower source do not matter once a higher one decides.
  EXPECT_EQ(choose({"--run-interval", "6"}, settings_of("sleep_interval = 5")).rules.run_interval,
            6s);
}

TEST(RunnerOptions, RefuseWhatCannotBeMeant) {
  EXPECT_THAT(refusal({"--sleep-interval", "soon"}, settings_of("")), HasSubstr("no duration"));
  EXPECT_THAT(refusal({"--sleep-interval", "-1"}, settings_of("")), HasSubstr("-1"));
  EXPECT_THAT(refusal({"--run-interval", "366d"}, settings_of("")), HasSubstr("more than 365d"));
  EXPECT_THAT(refusal({"--wait", "5"}, settings_of("")), HasSubstr("--run-once"));
}

TEST(RunnerOptions, KnowWhetherAPlainCommandAsksForMoreThanARun) {
  RunnerLine line;
  EXPECT_FALSE(line.asks_for_runner());
  line.run_once = true;
  EXPECT_FALSE(line.asks_for_runner());
  line.keep_lock = true;
  EXPECT_TRUE(line.asks_for_runner());
  EXPECT_TRUE(RunnerLine{.lock_name = "x"}.asks_for_runner());
  EXPECT_FALSE(choose({}, settings_of("run_once = true")).settings_ask);
  EXPECT_TRUE(choose({}, settings_of("sleep_interval = 5")).settings_ask);
}

}  // namespace
}  // namespace stint::cli
