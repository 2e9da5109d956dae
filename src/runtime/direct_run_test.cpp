#include "runtime/direct_run.hpp"
#include <atomic>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>
#include <gtest/gtest.h>
#include "stint/error.hpp"
#include "stint/module.hpp"

namespace stint {
namespace {

using namespace std::chrono_literals;

STINT_MODULE(nothing, m) { static_cast<void>(m); }

template <typename F>
DirectResult run(F task, const DirectOptions& options = {}, const std::vector<arg>& args = {}) {
  Module module{"t"};
  module.task("task", std::move(task), args);
  std::vector<std::string> problems;
  const std::vector<ModuleDefinition> modules{nothing};
  const auto registry = Registry::build(modules, problems);
  const RunEnvironment environment{
      .registry = registry,
      .settings = {},
      .make_client = {},
      .contexts = std::make_shared<Contexts>(registry->contexts(), Settings{})};
  return run_directly(module.tasks().front(), environment, options);
}

TEST(DirectRun, ReturnsTheOutput) {
  const DirectResult result = run([](int a) { return a + 1; }, {.args = {{"a", 41}}}, {arg("a")});
  EXPECT_EQ(result.completion.outcome, Outcome::kDone);
  EXPECT_EQ(result.completion.output, "42");
  EXPECT_FALSE(result.stopped);
}

TEST(DirectRun, TellsWhatTheTaskThrew) {
  const DirectResult result = run([] { throw std::runtime_error{"no disk"}; });
  EXPECT_EQ(result.completion.outcome, Outcome::kFailed);
  EXPECT_NE(result.completion.error.find("no disk"), std::string::npos);
}

TEST(DirectRun, HandsOnLogLinesAtOnce) {
  std::vector<std::string> lines;
  DirectOptions options;
  options.log = [&](LogLevel, const std::string& line) { lines.push_back(line); };
  run(
      [&](Job& job) {
        job.log().info("first");
        EXPECT_EQ(lines.size(), 1U);
      },
      options);
  EXPECT_EQ(lines, std::vector<std::string>{"first"});
}

TEST(DirectRun, EnqueuesOnlyWithAStore) {
  const auto task = [](Job& job) { return job.enqueue("t.child").value; };
  const DirectResult without = run(task);
  EXPECT_EQ(without.completion.outcome, Outcome::kFailed);
  EXPECT_NE(without.completion.error.find("no store"), std::string::npos);
  DirectOptions options;
  options.enqueue = [](std::string_view, const json&, const EnqueueOptions& given) {
    EXPECT_EQ(given.idempotency_key, "") << "there is no parent whose retry could repeat it";
    return JobId{5};
  };
  EXPECT_EQ(run(task, options).completion.output, "5");
}

TEST(DirectRun, StopsWhenItIsAsked) {
  std::atomic<bool> is_asked{false};
  DirectOptions options;
  options.stop_asked = [&] { return is_asked ? StopReason::kShutdown : StopReason::kNone; };
  const DirectResult result = run(
      [&](Job& job) {
        is_asked = true;
        job.sleep_for(1h);
      },
      options);
  EXPECT_EQ(result.stopped, StopReason::kShutdown);
  EXPECT_EQ(result.completion.outcome, Outcome::kInterrupted);
}

TEST(DirectRun, StopsAtItsTimeout) {
  const DirectResult result =
      run([](Job& job) { job.sleep_for(1h); }, {.timeout = std::chrono::milliseconds{30}});
  EXPECT_EQ(result.stopped, StopReason::kTimeout);
  EXPECT_EQ(result.completion.cause, "timeout");
}

}  // namespace
}  // namespace stint
