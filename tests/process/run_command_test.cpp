// `run -- COMMAND` and `run TASK` of a task that is a command.
#include <chrono>
#include <csignal>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include "stint/json.hpp"
#include "support/eventually.hpp"
#include "support/program.hpp"

namespace stint::test {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

class RunCommand : public ::testing::Test {
 protected:
  RunCommand() { program.set("STINT_RUN_ONCE", "true"); }

  ProcessResult shell(const std::string& script) const {
    return program.run({"run", "--", "sh", "-c", script});
  }

  Program program{"stint"};
};

TEST_F(RunCommand, PrintsWhatTheProgramPrints) {
  const ProcessResult result = program.run(
      {"run", "--", "sh", "-c", "cat; echo err >&2; printf '%s' \"$1\"", "sh", "-x y"}, "given\n");
  EXPECT_EQ(result.out, "given\n-x y");
  EXPECT_EQ(result.err, "err\n");
  EXPECT_EQ(result.exit_code, 0);
}

TEST_F(RunCommand, EndsAsTheProgramDoes) {
  EXPECT_EQ(shell("exit 7").exit_code, 7);
  EXPECT_EQ(shell("kill -KILL $$").exit_code, 128 + SIGKILL);
  EXPECT_EQ(program.run({"run", "--", "no-such-program-at-all"}).exit_code, 127);
  EXPECT_EQ(program.run({"run", "--", "./none"}).exit_code, 127);
  EXPECT_EQ(program.run({"run", "--", "/usr"}).exit_code, 126);
  EXPECT_EQ(program.run({"run", "--", program.write_file("plain", "text")}).exit_code, 126);
}

TEST_F(RunCommand, EndsAtTheTimeout) {
  const ProcessResult result = program.run({"run", "--timeout", "100ms", "--", "sleep", "1000"});
  EXPECT_EQ(result.exit_code, 75);
  EXPECT_THAT(result.err, HasSubstr("ran longer than 100ms"));
}

TEST_F(RunCommand, HandsSignalsOn) {
  for (const int signal : {SIGTERM, SIGINT}) {
    const std::string script =
        "trap 'echo term; exit 3' TERM; trap 'echo int; exit 4' INT; echo ready;"
        " while :; do sleep 0.01; done";
    Process run{program.options({"run", "--", "sh", "-c", script})};
    ASSERT_TRUE(eventually([&] { return run.out() == "ready\n"; }));
    run.send_signal(signal);
    const ProcessResult end = run.wait();
    EXPECT_EQ(end.exit_code, signal == SIGTERM ? 3 : 4);
    EXPECT_EQ(end.out, signal == SIGTERM ? "ready\nterm\n" : "ready\nint\n");
  }
}

TEST_F(RunCommand, EndsUnderALockAsTasksDo) {
  for (const int signal : {SIGTERM, SIGINT}) {
    Process run{
        program.options({"run", "--lock-name", "a", "--run-once", "--", "sh", "-c",
                         "trap 'exit 0' TERM INT; echo ready; while :; do sleep 0.01; done"})};
    ASSERT_TRUE(eventually([&] { return run.out() == "ready\n"; }));
    run.send_signal(signal);
    EXPECT_EQ(run.wait().exit_code, 128 + signal);
  }
}

TEST_F(RunCommand, KillsWhatIgnoresASignalAfterTheGraceOfTheSettings) {
  program.set("STINT_WORKER_GRACE", "100ms");
  Process run{program.options(
      {"run", "--", "sh", "-c", "trap '' TERM; echo ready; while :; do sleep 0.01; done"})};
  ASSERT_TRUE(eventually([&] { return run.out() == "ready\n"; }));
  const auto asked_at = std::chrono::steady_clock::now();
  run.send_signal(SIGTERM);
  EXPECT_EQ(run.wait().exit_code, 128 + SIGKILL);
  EXPECT_LT(std::chrono::steady_clock::now() - asked_at, std::chrono::seconds{4})
      << "5 s is default";
}

TEST_F(RunCommand, KillsAtTheSecondSignal) {
  Process run{
      program.options({"run", "--", "sh", "-c",
                       "trap 'echo asked' TERM; echo ready; while :; do sleep 0.01; done"})};
  ASSERT_TRUE(eventually([&] { return run.out() == "ready\n"; }));
  run.send_signal(SIGTERM);
  ASSERT_TRUE(eventually([&] { return run.out() == "ready\nasked\n"; }));
  run.send_signal(SIGTERM);
  EXPECT_EQ(run.wait().exit_code, 128 + SIGKILL);
}

TEST_F(RunCommand, LeavesNothingBehind) {
  const ProcessResult result = shell("setsid sleep 1000 >/dev/null 2>&1 & echo $!");
  EXPECT_EQ(result.exit_code, 0);
  std::ifstream left{"/proc/" + lines_of(result.out).at(0) + "/cmdline"};
  std::string words;
  std::getline(left, words);
  EXPECT_EQ(words, "");
}

TEST_F(RunCommand, TellsTheEndAsJson) {
  const json end = json::parse(program.run({"run", "--json", "--", "sh", "-c", "exit 2"}).out);
  EXPECT_EQ(end["exit_code"], 2);
  EXPECT_EQ(end["signal"], nullptr);
  EXPECT_EQ(end["timed_out"], false);
}

TEST_F(RunCommand, RefusesALineThatCannotBeMeant) {
  EXPECT_EQ(program.run({"run", "--"}).exit_code, 2);
  const ProcessResult result = program.run({"run", "oops", "--", "true"});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.err, HasSubstr("\"oops\" is no task"));
  EXPECT_EQ(program.run({"run", "--tmeout", "1s", "--", "true"}).exit_code, 2);
}

TEST_F(RunCommand, RunsATaskOfTheSettings) {
  const std::string file = program.write_file("tasks.toml", R"([tasks."t.say"]
command = ["sh", "-c", "cat; echo \"$STINT_TASK $1 ${{STINT_JOB_ID-none}}\"; exit $2", "sh", "{what}", "{code}"]
args.what = {}
args.code = { type = "integer", default = 0 }
)");
  ProcessResult result = program.run({"run", "t.say", "-s", file, "--what", "a b"}, "typed\n");
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(result.out, "typed\nt.say a b none\n");
  result = program.run({"run", "t.say", "--settings=" + file, "--what", "x", "--code", "9"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, HasSubstr("t.say: error: sh: exit code 9"));
  result = program.run({"run", "t.say", "-s", file});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.err, HasSubstr("\"what\" is missing"));
  result = program.run({"run", "t.say", "-s", file, "--help"});
  EXPECT_THAT(result.out, HasSubstr("--code N"));
  result = program.run({"run", "t.sya", "-s", file});
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_THAT(result.err, HasSubstr("did you mean \"t.say\"?"));
}

}  // namespace
}  // namespace stint::test
