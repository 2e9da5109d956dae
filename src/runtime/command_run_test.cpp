#include "runtime/command_run.hpp"
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include "core/command_task.hpp"
#include "runtime/executor.hpp"

namespace stint {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

class LinesHost final : public JobHost {
 public:
  void add_log_line(NewLogLine line) override { lines.push_back(std::move(line)); }
  JobId enqueue_child(std::string_view /*task*/, const json& /*args*/,
                      EnqueueOptions /*options*/) override {
    return {};
  }

  std::vector<NewLogLine> lines;
};

class RunCommandTest : public ::testing::Test {
 protected:
  Completion run(const std::string& script, const json& args = json::object(),
                 StopReason stop = StopReason::kNone) {
    CommandSpec spec;
    for (const std::string& word :
         {std::string{"sh"}, std::string{"-c"}, script, std::string{"sh"}, std::string{"{a}"}}) {
      spec.command.emplace_back(word);
    }
    spec.environment.emplace_back("MINE", ArgumentTemplate{"m-{a}"});
    detail::TaskDeclaration task{.name = "t.run", .module = "t"};
    task.args.push_back(ArgumentSpec{.name = "a", .type = ArgumentType::kString});
    task.args.back().required = false;
    task.options.retry.jitter = 0;
    task.program = std::make_shared<const CommandSpec>(std::move(spec));
    ClaimedJob job;
    job.id = JobId{7};
    job.epoch = Epoch{3};
    job.attempts = 1;
    job.task = task.name;
    JobRun run{job, args, host_, real_clock()};
    if (stop != StopReason::kNone) run.request_stop(stop, "asked for it");
    Contexts contexts{{}, settings_};
    return execute_declared(run, task, environment_, contexts);
  }
  std::string printed() const {
    std::string text;
    for (const NewLogLine& line : host_->lines) {
      if (line.source == LogSource::kOutput) text += line.text + "\n";
    }
    return text;
  }

  Settings settings_;
  std::shared_ptr<LinesHost> host_ = std::make_shared<LinesHost>();
  const RunEnvironment environment_{.registry = {},
                                    .settings = settings_,
                                    .make_client = {},
                                    .contexts = {},
                                    .keeper = std::make_shared<Keeper>()};
};

TEST_F(RunCommandTest, IsDoneWithExitCodeZero) {
  const Completion end =
      run("echo \"$1 $MINE $STINT_JOB_ID $STINT_TASK $STINT_ATTEMPT $STINT_FENCING_TOKEN\"",
          {{"a", "x  y"}});
  EXPECT_EQ(end.outcome, Outcome::kDone);
  EXPECT_EQ(end.output, "");
  EXPECT_EQ(printed(), "x  y m-x  y 7 t.run 2 3\n");
  EXPECT_EQ(host_->lines.back().level, LogLevel::kDebug);
  EXPECT_THAT(host_->lines.back().text, HasSubstr("exit code 0"));
}

TEST_F(RunCommandTest, FailsWithAnyOther) {
  const Completion end = run("echo why >&2; echo >&2; exit 3");
  EXPECT_EQ(end.outcome, Outcome::kFailed);
  EXPECT_EQ(end.cause, "error");
  EXPECT_EQ(
      json::parse(end.error),
      json({{"type", "exit code"}, {"message", "sh: exit code 3: why"}, {"stderr", "why\n"}}));
  EXPECT_EQ(end.delay, 10s);
}

TEST_F(RunCommandTest, FailsWithASignal) {
  const Completion end = run("kill -KILL $$");
  EXPECT_EQ(json::parse(end.error),
            json({{"type", "signal"}, {"message", "sh: killed by SIGKILL"}}));
}

TEST_F(RunCommandTest, KeepsTheLastLinesAlone) {
  const Completion end = run("i=0; while [ $i -lt 50 ]; do echo $i >&2; i=$((i+1)); done; exit 1");
  const std::string kept = json::parse(end.error)["stderr"];
  EXPECT_TRUE(kept.starts_with("30\n31\n")) << kept;
  EXPECT_TRUE(kept.ends_with("\n49")) << kept;
}

TEST_F(RunCommandTest, StartsNothingOnceItIsStopped) {
  const Completion end = run("echo started", json::object(), StopReason::kAborted);
  EXPECT_EQ(end.outcome, Outcome::kAborted);
  EXPECT_EQ(printed(), "");
}

TEST_F(RunCommandTest, RejectsWhatNoProgramCanBeGiven) {
  const Completion end = run("echo", {{"a", std::string{"x\0y", 3}}});
  EXPECT_EQ(end.outcome, Outcome::kRejected);
  EXPECT_THAT(end.error, HasSubstr("holds a NUL"));
}

}  // namespace
}  // namespace stint
