// Every command and every option that the help names: each has its texts, its examples run as they
// stand there, its options take what they say and refuse what they do not.
#include <csignal>
#include <filesystem>
#include <fstream>
#include <map>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include "support/eventually.hpp"
#include "support/help_listing.hpp"
#include "support/program.hpp"

namespace stint::test {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kUnknown = "--no-such-option";

/// Examples that run until they are stopped.
bool is_endless(const std::string& example) {
  const bool is_worker = example.find(" worker run") != std::string::npos &&
                         example.find("--drain") == std::string::npos;
  const bool is_watch = example.find("--watch") != std::string::npos &&
                        (example.find(" list") != std::string::npos ||
                         example.find(" db status") != std::string::npos);
  return is_worker || is_watch || example.find("--run-interval") != std::string::npos ||
         example.find("--sleep-interval") != std::string::npos;
}

/// Examples that measure: what they are for takes its time, and has tests of its own.
bool is_long(const ListedCommand& command) { return command.name == "bench"; }

/// Codes other than 0 that an example may end with here, and why.
std::set<int> other_codes(const std::string& example) {
  static const std::map<std::string, std::set<int>> known = {
      {"--store postgresql:", {0, 69, 78}},  // no such server, or one that is not for tests
      {" db grant ", {78}},                  // SQLite has no roles
      {" job stack ", {1}},                  // job 42 has ended
      {" job update 42 ", {1}},              // the same
      {" job retry 42", {0, 1}},             // it is done: the one with --done may
      {" check-liveness ", {1}},             // the task never ran
      {"--run-interval", {143}},             // ended by SIGTERM
  };
  for (const auto& [part, codes] : known) {
    if (example.find(part) != std::string::npos) return codes;
  }
  return {0};
}

/// A folder with a store that holds the jobs 1 to 60, all done, the files that examples read, and
/// stand-ins for the programs of others.
class Walk : public ::testing::Test {
 protected:
  Walk() {
    std::string lines;
    for (int i = 0; i < 60; ++i) lines += "{\"path\": \"a.png\"}\n";
    program_.write_file("jobs.jsonl", lines);
    program_.write_file("a.png", "no picture");
    program_.write_file("letter.txt", "Dear");
    program_.write_file("stint.toml", "[liveness]\nbackend = \"file\"\n");
    for (const char* folder : {"tools", ".local/share/bash-completion/completions", ".zfunc",
                               ".config/fish/completions"}) {
      fs::create_directories(fs::path{program_.folder()} / folder);
    }
    for (const char* tool : {"jq", "man", "rsync", "pg_dump"}) {
      const std::string path = program_.write_file(std::string{"tools/"} + tool,
                                                   "#!/bin/sh\n[ -t 0 ] || cat > /dev/null\n");
      fs::permissions(path, fs::perms::owner_all);
    }
    program_.output({"enqueue", "images.resize", "--from", "jobs.jsonl"});
    program_.output({"worker", "run", "--drain"});
    program_.output({"task", "register"});
    fs::copy(state(), kept(), fs::copy_options::recursive);
  }

  fs::path state() const { return fs::path{program_.folder()} / "state"; }
  fs::path kept() const { return fs::path{program_.folder()} / "kept"; }
  void renew_store() const {
    fs::remove_all(state());
    fs::copy(kept(), state(), fs::copy_options::recursive);
  }

  /// A shell that runs the line as a reader of the help would.
  ProcessOptions shell(const std::string& line) const {
    ProcessOptions options = program_.options({"-c", "set -o pipefail\n" + line});
    const std::string programs = fs::path{options.program}.parent_path().string();
    options.program = "/bin/bash";
    options.environment["PATH"] =
        fmt::format("{}/tools:{}:/usr/bin:/bin", program_.folder(), programs);
    return options;
  }

  void run_example(const ListedCommand& command, const std::string& example) const {
    SCOPED_TRACE(example);
    renew_store();
    std::unique_ptr<Process> worker;
    if (example.find("--wait") != std::string::npos && command.name == "enqueue") {
      worker = std::make_unique<Process>(program_.options({"worker", "run"}));
    }
    if (is_endless(example)) return run_endless("exec " + example);
    const ProcessResult result = run_process(shell(example));
    EXPECT_FALSE(result.timed_out) << result.out << result.err;
    EXPECT_TRUE(other_codes(example).contains(result.exit_code)) << result.exit_code << result.err;
    EXPECT_TRUE(command.exit_codes.contains(result.exit_code)) << "not documented";
  }

  void run_endless(const std::string& line) const {
    Process running{shell(line)};
    const auto is_at_work = [&] {
      return !running.out().empty() || running.has_ended() ||
             program_.output({"worker", "list"}).find("alive") != std::string::npos;
    };
    ASSERT_TRUE(eventually(is_at_work)) << running.err();
    running.send_signal(SIGTERM);
    const ProcessResult result = running.wait();
    EXPECT_TRUE(result.exit_code == 0 || result.exit_code == 143) << result.exit_code << result.err;
  }

  Program program_{"example_tasks"};
};

TEST_F(Walk, EachCommandHasItsTexts) {
  ASSERT_GE(listed_commands().size(), 27U);
  for (const ListedCommand& command : listed_commands()) {
    SCOPED_TRACE(command.name);
    EXPECT_FALSE(command.summary.empty());
    EXPECT_FALSE(command.summary.ends_with('.'));
    EXPECT_FALSE(command.description.empty());
    EXPECT_FALSE(command.examples.empty());
    for (const int code : {0, 2, 78}) EXPECT_TRUE(command.exit_codes.contains(code)) << code;
    EXPECT_EQ(command.uses_store, command.exit_codes.contains(69));
    if (command.has_argument("ID")) {
      EXPECT_TRUE(command.exit_codes.contains(3));
    }
    for (const std::string& example : command.examples) {
      EXPECT_EQ(example.find("example_tasks " + command.name), 0U) << example;
    }
  }
}

TEST_F(Walk, EachExampleRuns) {
  for (const ListedCommand& command : listed_commands()) {
    if (is_long(command)) continue;
    for (const std::string& example : command.examples) run_example(command, example);
  }
}

// The line is read from the left: whoever complains about its last word has taken all before it.
TEST_F(Walk, EachOptionTakesWhatItSays) {
  for (const ListedCommand& command : listed_commands()) {
    std::vector<std::string> words = fair_line(command);
    for (const ListedOption& option : command.options) {
      // This program loads no modules, and another file has other settings.
      if (option.name == "--help" || option.name == "--settings" || option.name == "--module" ||
          std::ranges::find(words, option.name) != words.end()) {
        continue;
      }
      words.push_back(option.name);
      if (!option.value.empty()) words.push_back(fair_value(option));
      if (option.repeats) words.insert(words.end(), {option.name, fair_value(option)});
    }
    words.emplace_back(kUnknown);
    const ProcessResult result = program_.run(words);
    EXPECT_EQ(result.exit_code, 2) << command.name;
    EXPECT_THAT(result.err, HasSubstr(std::string{"unknown option "} + kUnknown)) << command.name;
  }
}

TEST_F(Walk, EachOptionRefusesAnotherType) {
  int tried = 0;
  for (const ListedCommand& command : listed_commands()) {
    for (const ListedOption& option : command.options) {
      const std::optional<std::string> wrong = wrong_value(option);
      if (!wrong || (option.is_global && command.name != "job list")) continue;
      std::vector<std::string> words = words_of(command.name);
      words.insert(words.end(), {option.name, *wrong});
      const ProcessResult result = program_.run(words);
      EXPECT_EQ(result.exit_code, 2) << command.name << " " << option.name << result.err;
      EXPECT_THAT(result.err, HasSubstr(option.name + ": ")) << command.name;
      EXPECT_THAT(result.err, HasSubstr(*wrong)) << command.name;
      EXPECT_EQ(result.out, "") << command.name << " " << option.name;
      ++tried;
    }
  }
  EXPECT_GE(tried, 20);
}

TEST_F(Walk, EachOptionWantsItsValueAndIsGivenOnce) {
  for (const ListedCommand& command : listed_commands()) {
    for (const ListedOption& option : command.options) {
      if (option.value.empty() || (option.is_global && command.name != "job list")) continue;
      std::vector<std::string> words = words_of(command.name);
      words.push_back(option.name);
      const ProcessResult result = program_.run(words);
      EXPECT_EQ(result.exit_code, 2) << command.name << " " << option.name;
      EXPECT_THAT(result.err, HasSubstr(option.name + " needs a value")) << command.name;
      if (option.repeats) continue;
      words.insert(words.end(), {fair_value(option), option.name, fair_value(option)});
      EXPECT_THAT(program_.run(words).err, HasSubstr(option.name + " is given twice"))
          << command.name;
    }
  }
}

TEST_F(Walk, HelpIsTheSameByBothNames) {
  for (const ListedCommand& command : listed_commands()) {
    std::vector<std::string> before = words_of(command.name);
    before.insert(before.begin(), "help");
    std::vector<std::string> behind = words_of(command.name);
    behind.emplace_back("--help");
    EXPECT_EQ(program_.output(before), program_.output(behind)) << command.name;
  }
}

TEST_F(Walk, TheManualPageHasEveryCommandAndOption) {
  const std::string page = program_.output({"help", "--man"});
  EXPECT_THAT(page, HasSubstr(".TH \"EXAMPLE_TASKS\" 1"));
  for (const ListedCommand& command : listed_commands()) {
    std::string name = command.name;
    for (std::size_t at = 0; (at = name.find('-', at)) != std::string::npos; at += 2) {
      name.insert(at, "\\");
    }
    EXPECT_THAT(page, HasSubstr("\n.SS " + name + "\n"));
  }
  if (!fs::exists("/usr/bin/groff")) GTEST_SKIP() << "needs groff: apt-get install groff-base";
  program_.write_file("page.1", page);
  const ProcessResult shown = run_process(shell("groff -k -ww -man -Tutf8 -P-cbou page.1"));
  EXPECT_EQ(shown.exit_code, 0);
  EXPECT_EQ(shown.err, "") << "groff warns of what it does not understand";
  EXPECT_THAT(shown.out, HasSubstr("max-attempts"));
  EXPECT_THAT(shown.out, Not(HasSubstr(".PP")));
}

}  // namespace
}  // namespace stint::test
