// `run`: the task's own options, its output, its end.
#include <csignal>
#include <filesystem>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include "stint/json.hpp"
#include "support/eventually.hpp"
#include "support/program.hpp"

namespace stint::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class Run : public ::testing::Test {
 protected:
  Run() { program.set("STINT_RUN_ONCE", "true"); }

  Program program{"test_tasks"};
  bool store_was_opened() const {
    return std::filesystem::exists(program.folder() + "/state/stint/jobs.db");
  }
};

TEST_F(Run, FillsInDefaults) {
  EXPECT_EQ(json::parse(program.output({"run", "t.echo"})), (json{{"text", "x"},
                                                                  {"count", 1},
                                                                  {"loud", false},
                                                                  {"sizes", json::array()},
                                                                  {"level", "low"},
                                                                  {"ratio", nullptr},
                                                                  {"pause_ms", 0}}));
}

TEST_F(Run, TakesArgumentsAsOptions) {
  const json output = json::parse(program.output(
      {"run", "--run-once", "t.echo", "-t", "[a, b]", "--count=-7", "--loud", "--sizes", "1",
       "--sizes", "2", "--level", "high", "--ratio", "0.5", "--pause", "1m30s"}));
  EXPECT_EQ(output, (json{{"text", "[a, b]"},
                          {"count", -7},
                          {"loud", true},
                          {"sizes", {1, 2}},
                          {"level", "high"},
                          {"ratio", 0.5},
                          {"pause_ms", 90000}}));
  EXPECT_EQ(json::parse(program.output({"run", "t.echo", "--no-loud"}))["loud"], false);
}

TEST_F(Run, DoesNotTakeAnOptionForTheValueOfAnother) {
  for (const char* option : {"--run-once", "--count=2", "-t", "--no-loud", "--json"}) {
    const ProcessResult result = program.run({"run", "t.echo", "--text", option});
    EXPECT_EQ(result.exit_code, 2) << option;
    EXPECT_THAT(result.err, HasSubstr(std::string{"--text needs a value, and "} + option +
                                      " is an option; if it is the value, write --text=" + option));
  }
  EXPECT_EQ(program.run({"run", "t.echo", "--text"}).exit_code, 2);
  for (const std::vector<std::string>& words :
       {std::vector<std::string>{"--text=--run-once"}, {"-t--run-once"}}) {
    std::vector<std::string> line{"run", "t.echo"};
    line.insert(line.end(), words.begin(), words.end());
    EXPECT_EQ(json::parse(program.output(line))["text"], "--run-once");
  }
  EXPECT_EQ(json::parse(program.output({"run", "t.echo", "--text", "--other"}))["text"], "--other");
  EXPECT_EQ(json::parse(program.output({"run", "t.echo", "--text", "-5"}))["text"], "-5");
}

TEST_F(Run, PrintsTheReturnedValueAlone) {
  EXPECT_EQ(program.output({"run", "t.double", "--a", "21"}), "42");
  EXPECT_EQ(program.output({"run", "t.log"}), "");
  const json object = json::parse(program.output({"run", "t.double", "--a", "21", "--json"}));
  EXPECT_EQ(object, (json{{"task", "t.double"},
                          {"state", "done"},
                          {"cause", nullptr},
                          {"error", nullptr},
                          {"output", 42}}));
}

TEST_F(Run, OpensAStoreOnlyForATaskThatAsksForOne) {
  program.output({"run", "t.double", "--a", "1"});
  EXPECT_FALSE(store_was_opened());
  EXPECT_EQ(program.output({"run", "t.enqueue"}), "1");
  EXPECT_TRUE(store_was_opened());
  EXPECT_THAT(program.output({"job", "show", "1"}), HasSubstr("t.double"));
}

TEST_F(Run, EndsWithOneIfTheTaskFails) {
  for (const auto& [task, message] :
       {std::pair{"t.fail", "it failed: the inner cause"}, std::pair{"t.reject", "never again"},
        std::pair{"t.throw_int", "no std::exception"}}) {
    const ProcessResult result = program.run({"run", task});
    EXPECT_EQ(result.exit_code, 1) << task;
    EXPECT_THAT(result.err, HasSubstr(message));
    EXPECT_EQ(result.out, "");
  }
  const ProcessResult snoozed = program.run({"run", "t.snooze"});
  EXPECT_EQ(snoozed.exit_code, 75);
  EXPECT_THAT(snoozed.err, HasSubstr("put off for 5m"));
}

TEST_F(Run, WritesTheTasksLogToStandardError) {
  const ProcessResult result = program.run({"run", "t.log"});
  EXPECT_THAT(result.err, HasSubstr("first line"));
  EXPECT_THAT(result.err, Not(HasSubstr("\x1b[31m")));
  EXPECT_EQ(result.out, "");
}

TEST_F(Run, StopsTheTaskOnASignal) {
  for (const auto& [signal, code] : {std::pair{SIGINT, 130}, std::pair{SIGTERM, 143}}) {
    Process process{program.options({"run", "t.wait"})};
    ASSERT_TRUE(eventually([&] { return process.err().find("waiting") != std::string::npos; }));
    process.send_signal(signal);
    const ProcessResult result = process.wait();
    EXPECT_EQ(result.exit_code, code) << result.err;
  }
}

TEST_F(Run, EndsATaskThatIgnoresItsStopAtTheSecondSignal) {
  Process process{program.options({"run", "t.ignore_stop"})};
  ASSERT_TRUE(eventually([&] { return process.err().find("ignoring") != std::string::npos; }));
  process.send_signal(SIGTERM);
  // Signals of one kind that wait are one: send until it has ended.
  ASSERT_TRUE(eventually([&] {
    process.send_signal(SIGTERM);
    return process.has_ended();
  }));
  EXPECT_EQ(process.wait().exit_code, 143);
}

TEST_F(Run, RefusesTasksThatItDoesNotHave) {
  const ProcessResult near = program.run({"run", "t.ecko"});
  EXPECT_EQ(near.exit_code, 3);
  EXPECT_THAT(near.err, HasSubstr("there is no task \"t.ecko\" (did you mean \"t.echo\"?)"));
  const ProcessResult none = Program{"stint"}.run({"run", "t.echo"});
  EXPECT_EQ(none.exit_code, 3);
  EXPECT_THAT(none.err, HasSubstr("has no tasks of its own"));
}

TEST_F(Run, RefusesWrongArguments) {
  const std::pair<std::vector<std::string>, const char*> cases[] = {
      {{"run"}, "missing: TASK"},
      {{"run", "t.double"}, "\"a\""},
      {{"run", "t.double", "--a", "x"}, "--a"},
      {{"run", "t.double", "--a", "1.5"}, "--a"},
      {{"run", "t.double", "--a", "9223372036854775808"}, "\"a\""},
      {{"run", "t.double", "--b", "1"}, "unknown option --b"},
      {{"run", "t.echo", "--txet", "1"}, "did you mean \"--text\"?"},
      {{"run", "t.echo", "--level", "middle"}, "middle"},
      {{"run", "t.echo", "--pause", "soon"}, "\"pause\""},
      {{"run", "t.echo", "--text", "\xff"}, "UTF-8"},
      {{"run", "t.echo", "--text", "a", "--text", "b"}, "given twice"},
      {{"run", "t.echo", "--sleep-interval", "soon"}, "no duration"},
      {{"run", "t.echo", "--sleep-interval", "5", "--run-interval", "6"}, "exclude each other"},
      {{"run", "t.echo", "--no-run-once", "--wait", "5"}, "--run-once"},
  };
  for (const auto& [words, message] : cases) {
    const ProcessResult result = program.run(words);
    EXPECT_EQ(result.exit_code, 2) << ::testing::PrintToString(words) << result.err;
    EXPECT_THAT(result.err, HasSubstr(message));
    EXPECT_EQ(result.out, "");
  }
}

TEST(ModuleCommand, TakesOptionsAndPositionalValues) {
  const Program program{"test_tasks"};
  EXPECT_EQ(program.output({"greet"}), "Hello World");
  EXPECT_EQ(program.output({"greet", "Moon", "--loud"}), "Hello Moon!");
  EXPECT_EQ(program.output({"greet", "--name", "Moon"}), "Hello Moon");
}

TEST(ModuleCommand, EndsWithTheNumberThatItReturns) {
  const Program program{"test_tasks"};
  EXPECT_EQ(program.run({"exit-with", "7"}).exit_code, 7);
  const ProcessResult broken = program.run({"break"});
  EXPECT_EQ(broken.exit_code, 1);
  EXPECT_THAT(broken.err, HasSubstr("broken"));
}

TEST(ModuleCommand, IsStoppedByASignal) {
  const Program program{"test_tasks"};
  Process process{program.options({"wait-forever"})};
  ASSERT_TRUE(eventually([&] { return process.err().find("waiting") != std::string::npos; }));
  process.send_signal(SIGINT);
  EXPECT_EQ(process.wait().exit_code, 130);
}

TEST(ModuleCommand, RefusesWrongArguments) {
  const Program program{"test_tasks"};
  EXPECT_EQ(program.run({"exit-with", "x"}).exit_code, 2);
  EXPECT_EQ(program.run({"exit-with"}).exit_code, 2);
  EXPECT_EQ(program.run({"greet", "a", "b"}).exit_code, 2);
  EXPECT_EQ(program.run({"greet", "a", "--name", "b"}).exit_code, 2);
}

}  // namespace
}  // namespace stint::test
