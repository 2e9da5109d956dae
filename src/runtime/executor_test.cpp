#include "runtime/executor.hpp"
#include <cmath>
#include <functional>
#include <limits>
#include <memory>
#include <new>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>
#include <gtest/gtest.h>
#include "base/clock.hpp"
#include "stint/error.hpp"
#include "stint/module.hpp"

namespace stint {
namespace {

using namespace std::chrono_literals;

class CollectingHost final : public JobHost {
 public:
  void add_log_line(NewLogLine line) override { lines.push_back(std::move(line)); }
  JobId enqueue_child(std::string_view task, const json&, EnqueueOptions options) override {
    children.emplace_back(task);
    keys.push_back(options.idempotency_key);
    return JobId{static_cast<std::int64_t>(children.size())};
  }

  std::vector<NewLogLine> lines;
  std::vector<std::string> children;
  std::vector<std::string> keys;
};

class ExecutorTest : public ::testing::Test {
 protected:
  template <typename F>
  Completion run(F task, const TaskOptions& options = {}, ClaimedJob job = {}) {
    Module module{"t"};
    module.context<std::string>();
    module.task("task", std::move(task), args_, options);
    job.id = JobId{7};
    job.epoch = Epoch{3};
    job.task = "t.task";
    run_ = std::make_unique<JobRun>(job, given_, host_, clock_);
    if (stop_ != StopReason::kNone) run_->request_stop(stop_, "asked for it");
    Contexts contexts{module.contexts(), settings_};
    const RunEnvironment environment{
        .registry = {}, .settings = settings_, .make_client = {}, .contexts = {}};
    return execute_declared(*run_, module.tasks().front(), environment, contexts);
  }

  /// A job that began so often before.
  static ClaimedJob after(int attempts, int failures = 0) {
    ClaimedJob job;
    job.attempts = attempts;
    job.failures = failures;
    return job;
  }

  static json error_of(const Completion& end) { return json::parse(end.error); }

  ManualClock clock_;
  Settings settings_;
  std::shared_ptr<CollectingHost> host_ = std::make_shared<CollectingHost>();
  std::vector<arg> args_;
  json given_ = json::object();
  StopReason stop_ = StopReason::kNone;
  std::unique_ptr<JobRun> run_;
};

// --- Returns ------------------------------------------------------------------------------------

TEST_F(ExecutorTest, KeepsWhatATaskReturns) {
  const Completion end = run([] { return 41 + 1; });
  EXPECT_EQ(end.outcome, Outcome::kDone);
  EXPECT_EQ(end.id, JobId{7});
  EXPECT_EQ(end.epoch, Epoch{3});
  EXPECT_TRUE(end.started);
  EXPECT_EQ(end.output, "42");
  EXPECT_EQ(end.error, "");
}

TEST_F(ExecutorTest, HasNoOutputOfATaskThatReturnsNothing) {
  EXPECT_EQ(run([] {}).output, "");
}

TEST_F(ExecutorTest, KeepsWhatATaskSets) {
  EXPECT_EQ(run([](Job& job) { job.set_output({{"rows", 3}}); }).output, R"({"rows":3})");
}

TEST_F(ExecutorTest, PrefersWhatATaskReturnsToWhatItSet) {
  EXPECT_EQ(run([](Job& job) {
              job.set_output("set");
              return "returned";
            }).output,
            R"("returned")");
}

TEST_F(ExecutorTest, KeepsWhatWasSetBeforeAFailure) {
  const Completion end = run([](Job& job) {
    job.set_output(5);
    throw std::runtime_error{"late"};
  });
  EXPECT_EQ(end.outcome, Outcome::kFailed);
  EXPECT_EQ(end.output, "5");
}

TEST_F(ExecutorTest, KeepsBytesOutOfLine) {
  const Completion end = run([] { return Bytes{std::string(1000, '\xff')}; });
  EXPECT_EQ(end.outcome, Outcome::kDone);
  ASSERT_EQ(end.attachments.size(), 1U);
  EXPECT_EQ(end.attachments.front().size(), 1000U);
}

TEST_F(ExecutorTest, FailsAJobWhoseOutputJsonCannotHold) {
  const std::vector<json> outputs{json(std::numeric_limits<double>::quiet_NaN()), json("\xff\xfe"),
                                  json(std::uint64_t{1} << 63U), json(std::string(2 << 20, 'x'))};
  for (const json& output : outputs) {
    const Completion end = run([&] { return output; });
    EXPECT_EQ(end.outcome, Outcome::kFailed);
    EXPECT_EQ(end.cause, "error");
    EXPECT_EQ(end.output, "");
    EXPECT_NE(error_of(end)["message"].get<std::string>().find("output"), std::string::npos);
  }
}

TEST_F(ExecutorTest, LeavesOutWhatWasSetIfItCannotBeKeptAfterAFailure) {
  const Completion end = run([](Job& job) {
    job.set_output(std::numeric_limits<double>::infinity());
    throw std::runtime_error{"the cause"};
  });
  EXPECT_EQ(end.output, "");
  EXPECT_EQ(error_of(end)["message"], "the cause");
}

// --- Throws -------------------------------------------------------------------------------------

TEST_F(ExecutorTest, FailsWithTheTypeAndMessageOfAnException) {
  const Completion end = run([] { throw std::out_of_range{"no such row"}; });
  EXPECT_EQ(end.outcome, Outcome::kFailed);
  EXPECT_EQ(end.cause, "error");
  EXPECT_EQ(error_of(end)["type"], "std::out_of_range");
  EXPECT_EQ(error_of(end)["message"], "no such row");
}

TEST_F(ExecutorTest, KeepsNestedCauses) {
  const Completion end = run([] {
    try {
      try {
        throw std::runtime_error{"inner"};
      } catch (...) {
        std::throw_with_nested(std::logic_error{"middle"});
      }
    } catch (...) {
      std::throw_with_nested(std::runtime_error{"outer"});
    }
  });
  const json error = error_of(end);
  EXPECT_EQ(error["message"], "outer");
  EXPECT_EQ(error["causes"][0]["message"], "middle");
  EXPECT_EQ(error["causes"][0]["causes"][0]["message"], "inner");
}

TEST_F(ExecutorTest, CutsAnEndlessChainOfCauses) {
  const std::function<void(int)> fall = [&](int depth) {
    if (depth == 0) throw std::runtime_error{"deepest"};
    try {
      fall(depth - 1);
    } catch (...) {
      std::throw_with_nested(std::runtime_error{"deeper"});
    }
  };
  const Completion end = run([&] { fall(1000); });
  EXPECT_LT(end.error.size(), 4096U);
}

TEST_F(ExecutorTest, SurvivesWhatIsNoException) {
  const Completion number = run([] { throw 42; });
  EXPECT_EQ(number.outcome, Outcome::kFailed);
  EXPECT_EQ(error_of(number)["type"], "int");
  struct Odd {};
  EXPECT_EQ(run([] { throw Odd{}; }).outcome, Outcome::kFailed);
  const Completion nested = run([] {
    try {
      throw 7;
    } catch (...) {
      std::throw_with_nested(std::runtime_error{"because of a number"});
    }
  });
  EXPECT_EQ(error_of(nested)["message"], "because of a number");
  EXPECT_EQ(error_of(nested)["causes"].size(), 1U);
}

TEST_F(ExecutorTest, SurvivesAMessageThatIsNoText) {
  const Completion end = run([] { throw std::runtime_error{"\xff\xfe bad \x01"}; });
  EXPECT_EQ(end.outcome, Outcome::kFailed);
  EXPECT_NE(error_of(end)["message"].get<std::string>().find("bad"), std::string::npos);
}

TEST_F(ExecutorTest, CutsAMessageOfMegabytes) {
  const Completion end = run([] { throw std::runtime_error{std::string(10 << 20, 'x')}; });
  EXPECT_LT(end.error.size(), std::size_t{100} << 10);
}

TEST_F(ExecutorTest, SurvivesRunningOutOfMemory) {
  EXPECT_EQ(run([] { throw std::bad_alloc{}; }).outcome, Outcome::kFailed);
}

TEST_F(ExecutorTest, RejectsForGood) {
  const Completion end = run([] { throw Reject{"no such image"}; });
  EXPECT_EQ(end.outcome, Outcome::kRejected);
  EXPECT_EQ(end.cause, "rejected");
  EXPECT_EQ(error_of(end)["message"], "no such image");
}

TEST_F(ExecutorTest, RetriesWhenTheTaskSaysSo) {
  const Completion end = run([] { throw RetryIn{90s, "come back"}; });
  EXPECT_EQ(end.outcome, Outcome::kFailed);
  EXPECT_EQ(end.delay, 90s);
  EXPECT_EQ(run([] { throw RetryIn{-5s, "at once"}; }).delay, 0s);
}

TEST_F(ExecutorTest, SnoozesWithoutAFailure) {
  const Completion end = run([] { throw Snooze{5min}; });
  EXPECT_EQ(end.outcome, Outcome::kSnoozed);
  EXPECT_EQ(end.delay, 5min);
  EXPECT_EQ(end.cause, "");
  EXPECT_EQ(end.error, "");
}

TEST_F(ExecutorTest, DoublesThePauseWithEachFailure) {
  const TaskOptions options{.retry = {.backoff = 10s, .max_backoff = 60s, .jitter = 0}};
  const auto delay_after = [&](int failures) {
    return run([] { throw std::runtime_error{"again"}; }, options, after(0, failures)).delay;
  };
  EXPECT_EQ(delay_after(0), 10s);
  EXPECT_EQ(delay_after(1), 20s);
  EXPECT_EQ(delay_after(2), 40s);
  EXPECT_EQ(delay_after(3), 60s);
  EXPECT_EQ(delay_after(900), 60s);
}

TEST_F(ExecutorTest, DrawsThePauseWithinItsJitter) {
  const TaskOptions options{.retry = {.backoff = 10s, .jitter = 0.5}};
  bool differs = false;
  for (int i = 0; i < 50; ++i) {
    const auto delay = run([] { throw std::runtime_error{"again"}; }, options).delay;
    EXPECT_GE(delay, 5s);
    EXPECT_LE(delay, 15s);
    differs = differs || delay != 10s;
  }
  EXPECT_TRUE(differs);
}

// --- Arguments and contexts ---------------------------------------------------------------------

TEST_F(ExecutorTest, RejectsArgumentsThatWillNeverFit) {
  args_ = {arg("width")};
  given_ = {{"width", "wide"}};
  bool was_called = false;
  const Completion end = run([&](int) { was_called = true; });
  EXPECT_FALSE(was_called);
  EXPECT_EQ(end.outcome, Outcome::kRejected);
  EXPECT_EQ(end.cause, "arguments");
  EXPECT_NE(error_of(end)["message"].get<std::string>().find("width"), std::string::npos);
}

TEST_F(ExecutorTest, FillsInDefaults) {
  args_ = {arg("width") = 400};
  EXPECT_EQ(run([](int width, Job& job) { return job.args()["width"] == width; }).output, "true");
}

struct Broken {
  Broken() { throw std::runtime_error{"no connection"}; }
};

TEST_F(ExecutorTest, FailsTheAttemptIfAContextCannotBeMade) {
  Module module{"t"};
  module.context<Broken>();
  module.task("task", [](Broken&) {});
  JobRun job{{.id = JobId{1}, .epoch = Epoch{1}, .task = "t.task"}, json::object(), host_, clock_};
  Contexts contexts{module.contexts(), settings_};
  const RunEnvironment environment{
      .registry = {}, .settings = settings_, .make_client = {}, .contexts = {}};
  for (int i = 0; i < 2; ++i) {
    const Completion end = execute_declared(job, module.tasks().front(), environment, contexts);
    EXPECT_EQ(end.outcome, Outcome::kFailed) << "it is tried anew each time";
    EXPECT_EQ(error_of(end)["message"], "no connection");
  }
}

// --- Stops --------------------------------------------------------------------------------------

TEST_F(ExecutorTest, EndsAsTheStopAsks) {
  const auto stopped_by = [this](StopReason reason) {
    stop_ = reason;
    return run([](Job& job) { job.sleep_for(1h); });
  };
  const Completion aborted = stopped_by(StopReason::kAborted);
  EXPECT_EQ(aborted.outcome, Outcome::kAborted);
  EXPECT_EQ(error_of(aborted)["message"], "asked for it");
  const Completion timeout = stopped_by(StopReason::kTimeout);
  EXPECT_EQ(timeout.outcome, Outcome::kFailed);
  EXPECT_EQ(timeout.cause, "timeout");
  EXPECT_GT(timeout.delay, 0s) << "it is tried again after the usual pause";
  EXPECT_EQ(stopped_by(StopReason::kShutdown).outcome, Outcome::kInterrupted);
  EXPECT_EQ(stopped_by(StopReason::kLost).outcome, Outcome::kInterrupted);
}

TEST_F(ExecutorTest, CountsAnyExceptionOfAStoppedTaskAsItsStop) {
  stop_ = StopReason::kShutdown;
  EXPECT_EQ(run([] { throw std::runtime_error{"connection closed by our own stop"}; }).outcome,
            Outcome::kInterrupted);
}

TEST_F(ExecutorTest, KeepsAResultThatCameInSpiteOfAStop) {
  stop_ = StopReason::kAborted;
  const Completion end = run([] { return 1; });
  EXPECT_EQ(end.outcome, Outcome::kDone);
  EXPECT_EQ(end.output, "1");
}

TEST_F(ExecutorTest, FailsATaskThatStopsUnasked) {
  EXPECT_EQ(run([] { throw Stopped{StopReason::kAborted}; }).outcome, Outcome::kFailed);
}

// --- The job as its task sees it ----------------------------------------------------------------

TEST_F(ExecutorTest, GivesTheNthChildTheSameKeyInEachAttempt) {
  const auto two_children = [](Job& job) {
    job.enqueue("t.child");
    job.enqueue("t.child");
  };
  run(two_children, {}, after(0));
  run(two_children, {}, after(1));
  ASSERT_EQ(host_->keys.size(), 4U);
  EXPECT_NE(host_->keys[0], host_->keys[1]);
  EXPECT_EQ(host_->keys[0], host_->keys[2]);
  EXPECT_EQ(host_->keys[1], host_->keys[3]);
}

TEST_F(ExecutorTest, WritesLogLinesAsText) {
  run([](Job& job) { job.log().warning("{} of {}\xff", 3, "4"); }, {}, after(2));
  ASSERT_EQ(host_->lines.size(), 1U);
  EXPECT_EQ(host_->lines[0].attempt, 3);
  EXPECT_EQ(host_->lines[0].level, LogLevel::kWarning);
  EXPECT_EQ(host_->lines[0].text.find("3 of 4"), 0U);
  EXPECT_EQ(host_->lines[0].text.find('\xff'), std::string::npos);
}

TEST_F(ExecutorTest, KeepsTheLatestProgressWithinItsRange) {
  run([](Job& job) {
    job.progress(0.25, "begin");
    job.progress(7, "end");
  });
  const auto report = run_->take_report();
  ASSERT_TRUE(report);
  EXPECT_EQ(report->progress, 1.0);
  EXPECT_EQ(report->message, "end");
  EXPECT_FALSE(run_->take_report()) << "it is reported once";
  run([](Job& job) { job.progress(std::nan("")); });
  EXPECT_EQ(run_->take_report()->progress, 0.0);
}

// --- Limits -------------------------------------------------------------------------------------

TEST_F(ExecutorTest, BoundsWhatATaskLogs) {
  JobRun run{{}, json::object(), host_, clock_, 100};
  run.log().info("{}", std::string(60, 'a'));
  run.log().info("b");                        // counts as 32
  run.log().info("{}", std::string(9, 'c'));  // and 8 are left
  run.log().info("d");
  run.finish_log();
  std::vector<std::string> texts;
  for (const NewLogLine& line : host_->lines) texts.push_back(line.text);
  EXPECT_EQ(texts, (std::vector<std::string>{std::string(60, 'a'), "b",
                                             "[log cut here: the limit of an attempt is 100 bytes]",
                                             "[10 bytes of log lines were dropped]"}));
}

TEST_F(ExecutorTest, KeepsPrintedLinesReadable) {
  JobRun run{{}, json::object(), host_, clock_, 0};
  run.add_output({OutputStream::kOut, {"a\0b\xff", 4}});
  run.add_output({OutputStream::kError, "c"});
  run.finish_log();
  ASSERT_EQ(host_->lines.size(), 2U);
  EXPECT_EQ(host_->lines[0].text, "a\uFFFDb\uFFFD");
  EXPECT_EQ(host_->lines[0].source, LogSource::kOutput);
  EXPECT_EQ(host_->lines[0].level, LogLevel::kInfo);
  EXPECT_EQ(host_->lines[1].source, LogSource::kError);
  EXPECT_EQ(host_->lines[1].level, LogLevel::kWarning);
}

}  // namespace
}  // namespace stint
