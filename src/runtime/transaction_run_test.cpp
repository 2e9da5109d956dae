#include "runtime/transaction_run.hpp"
#include <functional>
#include <stdexcept>
#include <utility>
#include <vector>
#include <gtest/gtest.h>
#include "base/clock.hpp"
#include "stint/error.hpp"
#include "stint/module.hpp"
#include "support/eventually.hpp"

namespace stint {
namespace {

using namespace std::chrono_literals;
using test::eventually;

/// What a test makes of the transaction, and what it saw.
struct Script {
  std::function<WriteResult()> complete = [] { return WriteResult::kAccepted; };
  std::function<void()> begin = [] {};
  bool is_lost = false;
  bool was_ended_by_task = false;
  std::vector<Completion> completed = {};
  std::atomic<int> cancels{0};
  std::atomic<int> severed{0};
  int ended = 0;
};

class FakeTransaction final : public AttemptTransaction {
 public:
  explicit FakeTransaction(Script& script) : script_(script) {}
  ~FakeTransaction() override { ++script_.ended; }
  FakeTransaction(const FakeTransaction&) = delete;
  FakeTransaction& operator=(const FakeTransaction&) = delete;

  std::string_view backend() const override { return "fake"; }
  void* native_handle() override { return &script_; }
  WriteResult complete(const Completion& done) override {
    script_.completed.push_back(done);
    return script_.complete();
  }
  bool was_ended_by_task() noexcept override { return script_.was_ended_by_task; }
  bool is_lost() const override { return script_.is_lost; }
  void cancel() noexcept override { ++script_.cancels; }
  void sever() noexcept override { ++script_.severed; }

 private:
  Script& script_;
};

class FakeConnection final : public AttemptConnection {
 public:
  explicit FakeConnection(Script& script) : script_(script) {}
  std::unique_ptr<AttemptTransaction> begin(JobId /*id*/, Epoch /*epoch*/) override {
    script_.begin();
    return std::make_unique<FakeTransaction>(script_);
  }

 private:
  Script& script_;
};

class NullHost final : public JobHost {
 public:
  void add_log_line(NewLogLine line) override { lines.push_back(std::move(line.text)); }
  JobId enqueue_child(std::string_view, const json&, EnqueueOptions) override { return {}; }

  std::vector<std::string> lines;
};

class TransactionRun : public ::testing::Test {
 protected:
  /// Execute a task of this body as a slot does.
  Completion run(const std::function<void(Job&)>& body, const TaskOptions& options = kBoth) {
    Module module{"t"};
    module.task("task", [&body](Job& job) { body(job); }, {}, options);
    ClaimedJob job;
    job.id = JobId{7};
    job.epoch = Epoch{3};
    job.task = "t.task";
    job.max_attempts = 3;
    job.flags = flags_;
    run_ = std::make_shared<JobRun>(job, json::object(), host_, real_clock());
    Contexts contexts{module.contexts(), settings_};
    const RunEnvironment environment{
        .registry = {},
        .settings = settings_,
        .make_client = {},
        .contexts = {},
        .open_attempts = [this] { return std::make_unique<FakeConnection>(script_); }};
    try {
      begin_transaction(*run_, module.tasks().front(), environment, connection_);
    } catch (const std::exception& error) {
      return end_before_task(job, error);
    }
    return execute_declared(*run_, module.tasks().front(), environment, contexts);
  }

  static inline const TaskOptions kBoth{.transaction = true};
  Script script_;
  JobFlags flags_;
  Settings settings_;
  std::shared_ptr<NullHost> host_ = std::make_shared<NullHost>();
  std::unique_ptr<AttemptConnection> connection_;
  std::shared_ptr<JobRun> run_;
};

TEST_F(TransactionRun, WritesTheEndOfATaskThatReturns) {
  const Completion end = run([&](Job& job) {
    EXPECT_EQ(job.transaction().native_handle(), &script_);
    job.set_output(5);
  });
  EXPECT_EQ(end.written, WriteResult::kAccepted);
  ASSERT_EQ(script_.completed.size(), 1U);
  EXPECT_EQ(script_.completed[0].output, "5");
  EXPECT_EQ(script_.completed[0].epoch, Epoch{3});
  EXPECT_EQ(script_.ended, 1);
}

TEST_F(TransactionRun, IsNotThereForOtherTasks) {
  const Completion end = run([](Job& job) { job.transaction(); }, {});
  EXPECT_EQ(end.outcome, Outcome::kFailed);
  EXPECT_FALSE(end.written);
  EXPECT_EQ(connection_, nullptr) << "none was opened";
}

TEST_F(TransactionRun, TellsThatItWasFenced) {
  script_.complete = [] { return WriteResult::kFenced; };
  EXPECT_EQ(run([](Job&) {}).written, WriteResult::kFenced);
}

TEST_F(TransactionRun, RollsBackBeforeAnybodyLearnsOfAFailure) {
  const Completion end = run([](Job&) { throw std::runtime_error{"no"}; });
  EXPECT_EQ(end.outcome, Outcome::kFailed);
  EXPECT_FALSE(end.written);
  EXPECT_TRUE(script_.completed.empty());
  EXPECT_EQ(script_.ended, 1);
}

TEST_F(TransactionRun, RollsBackWhatIsPutOff) {
  EXPECT_EQ(run([](Job&) { throw Snooze{1min}; }).outcome, Outcome::kSnoozed);
  EXPECT_TRUE(script_.completed.empty());
  EXPECT_EQ(script_.ended, 1);
}

TEST_F(TransactionRun, FailsWhatCannotBeCommitted) {
  script_.complete = []() -> WriteResult { throw Error{ErrorCode::kInvalid, "left open"}; };
  const Completion end = run([](Job&) {});
  EXPECT_EQ(end.outcome, Outcome::kFailed);
  EXPECT_EQ(end.cause, "error");
  EXPECT_EQ(error_message(end), "left open");
}

TEST_F(TransactionRun, RejectsATaskThatEndedItsTransaction) {
  script_.complete = []() -> WriteResult { throw Reject{"it did so itself"}; };
  EXPECT_EQ(run([](Job&) {}).outcome, Outcome::kRejected);
}

TEST_F(TransactionRun, ExcusesATaskWhoseConnectionBroke) {
  const Completion end = run([&](Job&) {
    script_.is_lost = true;
    throw std::runtime_error{"no connection to the server"};
  });
  EXPECT_EQ(end.outcome, Outcome::kInterrupted);
  EXPECT_EQ(error_message(end),
            "the connection of its transaction broke: no connection to the server");
}

TEST_F(TransactionRun, ExcusesNoTaskThatMayRunAtMostOnce) {
  flags_.mask = JobFlags::kAtMostOnce;
  const Completion end = run([&](Job&) {
    script_.is_lost = true;
    throw std::runtime_error{"gone"};
  });
  EXPECT_EQ(end.outcome, Outcome::kFailed);
}

TEST_F(TransactionRun, ExcusesNoTaskThatRejects) {
  const Completion end = run([&](Job&) {
    script_.is_lost = true;
    throw Reject{"for good"};
  });
  EXPECT_EQ(end.outcome, Outcome::kRejected);
}

TEST_F(TransactionRun, RejectsATaskThatEndedItsTransactionAndFailedAfterwards) {
  const Completion end = run([&](Job&) {
    script_.was_ended_by_task = true;
    throw std::runtime_error{"too late"};
  });
  EXPECT_EQ(end.outcome, Outcome::kRejected);
  EXPECT_NE(end.error.find("too late"), std::string::npos);
}

TEST_F(TransactionRun, AsksUntilItKnows) {
  int asked = 0;
  script_.complete = [&asked]() -> WriteResult {
    if (++asked == 3) return WriteResult::kAccepted;
    throw Error{ErrorCode::kUnavailable, "gone", {.retryable = true, .outcome_unknown = true}};
  };
  EXPECT_EQ(run([](Job&) {}).written, WriteResult::kAccepted);
  ASSERT_EQ(host_->lines.size(), 1U) << "said once";
  EXPECT_NE(host_->lines[0].find("not known yet"), std::string::npos);
}

TEST_F(TransactionRun, StopsAskingOnceTheJobIsGivenUp) {
  script_.complete = [this]() -> WriteResult {
    run_->take_end();  // as the watcher does
    throw Error{ErrorCode::kUnavailable, "gone", {.retryable = true, .outcome_unknown = true}};
  };
  EXPECT_FALSE(run([](Job&) {}).written);
  EXPECT_EQ(script_.completed.size(), 1U);
}

TEST_F(TransactionRun, CommitsNothingOnceItsRightIsLost) {
  const Completion end = run([this](Job&) { run_->request_stop(StopReason::kLost, "it is"); });
  EXPECT_FALSE(end.written);
  EXPECT_TRUE(script_.completed.empty());
  EXPECT_EQ(script_.ended, 1);
}

TEST_F(TransactionRun, CommitsWhatIsDoneInSpiteOfAStop) {
  const Completion end = run([this](Job&) { run_->request_stop(StopReason::kShutdown, "now"); });
  EXPECT_EQ(end.written, WriteResult::kAccepted);
}

TEST_F(TransactionRun, CancelsWhatAStoppedTaskWaitsFor) {
  const Completion end = run([this](Job& job) {
    run_->request_stop(StopReason::kAborted, "enough");
    EXPECT_TRUE(eventually([&] { return script_.cancels > 0; }));
    job.check_stop();
  });
  EXPECT_EQ(end.outcome, Outcome::kAborted);
}

TEST_F(TransactionRun, IsSeveredWhileTheTaskGoesOn) {
  run([this](Job&) { run_->sever_transaction(); });
  EXPECT_EQ(script_.severed, 1);
  run_->sever_transaction();
  EXPECT_EQ(script_.severed, 1) << "there is none any more";
}

TEST_F(TransactionRun, PutsTheJobOffWhereNoneCanBeBegun) {
  script_.begin = [] {
    throw Error{ErrorCode::kUnavailable, "too many connections", {.retryable = true}};
  };
  const Completion end = run([](Job&) { FAIL() << "it was called"; });
  EXPECT_EQ(end.outcome, Outcome::kSnoozed);
  EXPECT_FALSE(end.started);
  EXPECT_EQ(end.delay, 1s);
  EXPECT_EQ(error_message(end), "no transaction can be begun now: too many connections");
}

TEST_F(TransactionRun, PutsTheJobOffWhereOneIsRefused) {
  script_.begin = [] { throw Error{ErrorCode::kConfiguration, "the password is wrong"}; };
  EXPECT_EQ(run([](Job&) { FAIL() << "it was called"; }).outcome, Outcome::kSnoozed);
}

}  // namespace
}  // namespace stint
