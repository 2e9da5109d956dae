// Hooks in real workers and runners, where the task runs in a process of its own; traces from the
// environment of a command to that of a program.
#include <string>
#include <vector>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include "app/backends.hpp"
#include "stint/json.hpp"
#include "support/program.hpp"

namespace stint::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

const std::string kTrace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
const std::string kOther = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

class HookedProgram : public ::testing::Test {
 protected:
  void SetUp() override { program.set("STINT_WORKER_GRACE", "200ms"); }

  std::string enqueue(const std::string& task, const std::vector<std::string>& more = {}) const {
    std::vector<std::string> words{"enqueue", task};
    words.insert(words.end(), more.begin(), more.end());
    return program.output(words);
  }
  std::string log(const std::string& id) const { return program.output({"job", "logs", id}); }
  json job(const std::string& id) const {
    return json::parse(program.output({"job", "show", id, "--json"}));
  }
  /// What a worker wrote to standard error while it did what there was to do.
  std::string drain(const std::string& isolation) const {
    const ProcessResult result =
        program.run({"worker", "run", "--drain", "--slots", "1", "--isolation", isolation});
    EXPECT_EQ(result.exit_code, 0) << result.err;
    return result.err;
  }

  Program program{"hook_tasks"};
};

class HookedWorker : public HookedProgram, public ::testing::WithParamInterface<std::string> {};
INSTANTIATE_TEST_SUITE_P(Isolations, HookedWorker, ::testing::Values("thread", "process"),
                         [](const auto& one) { return one.param; });

TEST_P(HookedWorker, CallsItsHooks) {
  program.set("TRACEPARENT", kTrace);
  const std::string fine = enqueue("h.fine");
  const std::string failing = enqueue("h.fail");
  program.set("TRACEPARENT", "");
  const std::string told = drain(GetParam());
  EXPECT_THAT(log(fine), AllOf(HasSubstr("before h.fine"), HasSubstr("after h.fine")));
  EXPECT_EQ(job(fine)["output"], 7);
  EXPECT_THAT(log(failing), AllOf(HasSubstr("before h.fail"), Not(HasSubstr("after h.fail"))));
  EXPECT_THAT(told, HasSubstr("hook: h.fail attempt 1 cause error final true trace " + kTrace));
  EXPECT_THAT(told, Not(HasSubstr("hook: h.fine")));
}

TEST_F(HookedProgram, HearsOfEndsThatNoHookSees) {
  const std::string crashing = enqueue("h.crash");
  enqueue("h.hang");
  const std::string told = drain("process");
  EXPECT_THAT(told, HasSubstr("hook: h.crash attempt 1 cause crash final true trace none"));
  EXPECT_THAT(told, HasSubstr("hook: h.hang attempt 1 cause timeout final true trace none"));
  EXPECT_THAT(log(crashing), HasSubstr("before h.crash"));
}

TEST_F(HookedProgram, HearsOfTheCrashAfterWhichTheStoreGivesUp) {
  const std::string url = "sqlite:" + program.folder() + "/jobs.db";
  program.set("STINT_STORE", url);
  const std::string id = enqueue("h.crash_again");
  enqueue("h.fine");
  {
    // Aboard a worker that died with another job in its hands: this crash may be the other's doing.
    const auto store = open_store({.url = url});
    const WorkerId dead = store->register_worker({.node = "n"});
    const ClaimRequest claim{
        .worker = dead, .node = "n", .tasks = {"h.crash_again", "h.fine"}, .limit = 2};
    std::vector<StartedJob> begun;
    for (const ClaimedJob& job : store->exchange({}, &claim).claimed) {
      begun.push_back({.id = job.id, .epoch = job.epoch});
    }
    ASSERT_EQ(begun.size(), 2U);
    ASSERT_EQ(store->rescue({.worker = dead, .beat = 0, .started = begun}).crashed, 2);
  }
  for (const char* const is_final : {"false", "false", "true"}) {
    EXPECT_EQ(job(id)["state"], "scheduled");
    program.output({"job", "update", id, "--at", "now"});
    EXPECT_THAT(drain("process"), HasSubstr(fmt::format("cause crash final {}", is_final)));
  }
  EXPECT_EQ(job(id)["cause"], "crash limit");
}

TEST_F(HookedProgram, CallsThemInARun) {
  const ProcessResult fine = program.run({"run", "h.fine", "--run-once"});
  EXPECT_EQ(fine.out, "before h.fine\nafter h.fine\n7\n");
  const ProcessResult failed = program.run({"run", "h.fail", "--run-once"});
  EXPECT_EQ(failed.exit_code, 1);
  EXPECT_THAT(failed.err, HasSubstr("hook: h.fail attempt 1 cause error final true trace none"));
}

TEST_F(HookedProgram, HasNoneRoundACommand) {
  program.set("TRACEPARENT", kTrace);
  EXPECT_EQ(program.output({"now"}), "trace " + kTrace);
}

TEST_F(HookedProgram, TakesTheTraceOfTheEnvironment) {
  program.set("TRACEPARENT", kTrace);
  program.set("TRACESTATE", "a=1");
  EXPECT_EQ(job(enqueue("h.fine"))["metadata"],
            (json{{"traceparent", kTrace}, {"tracestate", "a=1"}}));
  EXPECT_EQ(
      job(enqueue("h.fine", {"--metadata", json{{"traceparent", kOther}}.dump()}))["metadata"],
      (json{{"traceparent", kOther}}));
  EXPECT_EQ(job(enqueue("h.fine", {"--metadata", R"({"traceparent":null})"}))["metadata"],
            json::object());
  EXPECT_THAT(program.output({"job", "show", "1"}), HasSubstr("trace        " + kTrace));
  const std::string parent = enqueue("h.parent");
  drain("process");
  const std::vector<std::string> lines =
      lines_of(program.output({"job", "list", "--task", "h.fine", "--json"}));
  ASSERT_FALSE(lines.empty());
  EXPECT_EQ(json::parse(lines.front())["metadata"],
            (json{{"traceparent", kTrace}, {"tracestate", "a=1"}}))
      << "the newest is the child";
}

TEST_F(HookedProgram, LeavesABrokenTraceAside) {
  program.set("TRACEPARENT", "7");
  const ProcessResult result = program.run({"enqueue", "h.fine"});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_EQ(result.out, "1\n");
  EXPECT_THAT(result.err, HasSubstr("warning: TRACEPARENT is left aside"));
  const ProcessResult refused =
      program.run({"enqueue", "h.fine", "--metadata", R"({"traceparent":"7"})"});
  EXPECT_EQ(refused.exit_code, 2) << refused.err;
  EXPECT_THAT(refused.err, HasSubstr("the traceparent \"7\" has not the form"));
}

TEST_F(HookedProgram, GivesTheTraceToPrograms) {
  program.write_file("stint.toml",
                     "[tasks.\"sh.trace\"]\n"
                     "command = [\"/bin/sh\", \"-c\", \"echo trace=$TRACEPARENT.$TRACESTATE\"]\n");
  program.set("TRACEPARENT", kTrace);
  program.set("TRACESTATE", "a=1");
  EXPECT_THAT(program.output({"run", "sh.trace", "--run-once"}),
              AllOf(HasSubstr("before sh.trace"), HasSubstr("trace=" + kTrace + ".a=1")));
  const std::string traced = enqueue("sh.trace");
  program.set("TRACEPARENT", "");
  program.set("TRACESTATE", "");
  const std::string plain = enqueue("sh.trace");
  program.set("TRACEPARENT", kOther);  // of the worker: no job's
  program.set("TRACESTATE", "b=2");
  drain("thread");
  EXPECT_THAT(log(traced), HasSubstr("trace=" + kTrace + ".a=1"));
  EXPECT_THAT(log(plain), HasSubstr("trace=."));
}

}  // namespace
}  // namespace stint::test
