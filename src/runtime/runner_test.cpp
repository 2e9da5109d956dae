// The loop of a runner, with a clock that stands still and a lock that does what it is told.
#include "runtime/runner.hpp"
#include <chrono>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <vector>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include "base/clock.hpp"
#include "base/log.hpp"
#include "stint/error.hpp"

namespace stint {
namespace {

using namespace std::chrono_literals;
using std::chrono::nanoseconds;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

LockResult acquired(std::int64_t token) {
  return {.outcome = LockResult::Outcome::kAcquired, .token = token};
}
LockResult busy(const std::string& host) {
  return {.outcome = LockResult::Outcome::kBusy,
          .holder = {.owner = LockOwner{.host = host, .pid = 7, .acquired_at = "noon"}}};
}
LockResult no_answer() {
  return {.outcome = LockResult::Outcome::kUnavailable, .problem = "refused"};
}

/// Answers as it is told, and notes what it was asked for.
class LockOfScript final : public RunnerLock {
 public:
  explicit LockOfScript(ManualClock& clock) : clock_(clock) {}

  LockResult try_acquire() override { return next("try"); }
  LockResult acquire(nanoseconds timeout, const std::stop_token& stop) override {
    on_wait(stop);
    LockResult result = next("wait");
    if (!result) clock_.advance(timeout);
    return result;
  }
  void release() override {
    calls.emplace_back("release");
    if (on_release) on_release();
    state_ = LockState::kReleased;
  }
  LockState state() const override { return state_; }
  std::int64_t token() const override { return token_; }
  std::stop_token stop_token() const override { return stop_.get_token(); }
  void extend() override {}

  void lose() {
    state_ = LockState::kLost;
    stop_.request_stop();
  }
  void put_at_risk() {
    state_ = LockState::kAtRisk;
    stop_.request_stop();
  }

  std::deque<LockResult> answers;  // then it is free
  std::function<void(const std::stop_token&)> on_wait = [](const std::stop_token&) {};
  std::function<void()> on_release;
  std::vector<std::string> calls;

 private:
  LockResult next(const std::string& call) {
    calls.push_back(call);
    LockResult result = acquired(token_ + 1);
    if (!answers.empty()) {
      result = answers.front();
      answers.pop_front();
    }
    if (!result) return result;
    token_ = result.token;
    state_ = LockState::kHeld;
    stop_ = {};
    return result;
  }

  ManualClock& clock_;
  std::stop_source stop_;
  LockState state_ = LockState::kReleased;
  std::int64_t token_ = 0;
};

class RunnerTest : public ::testing::Test, protected RunnerWork, protected RunnerListener {
 protected:
  RunnerTest() {
    set_log_sink([this](const LogLine& line) { lines_.push_back(line.text); });
  }
  ~RunnerTest() override { set_log_sink({}); }

  /// Run until `runs` runs are done, or the rules end it.
  RunnerEnd go(LoopRules rules, std::size_t runs = 1, RunnerLock* lock = nullptr,
               nanoseconds wait = 0s) {
    most_runs_ = runs;
    RunnerOptions options{.task = "t.task", .rules = rules, .wait = wait};
    options.sleep_until = [this](nanoseconds until, const std::stop_token& stop) {
      pauses_.push_back(std::max(until - clock_.boot_now(), nanoseconds{0}));
      on_sleep_();
      if (until > clock_.boot_now() && !stop.stop_requested()) {
        clock_.advance(until - clock_.boot_now());
      }
    };
    Runner runner{std::move(options), lock, *this, *this, clock_};
    return runner.run(stop_.get_token());
  }

  // RunnerWork
  RunReport run(const RunOrder& order) override {
    tokens_.push_back(order.token);
    clock_.advance(took_);
    RunReport report;
    if (!reports_.empty()) {
      report = reports_.front();
      reports_.pop_front();
    }
    on_run_(order);
    if (tokens_.size() >= most_runs_) stop_.request_stop();
    return report;
  }
  // RunnerListener
  void is(std::string_view state) override { states_.emplace_back(state); }
  void ended(RunStatus status, nanoseconds) override { statuses_.emplace_back(to_string(status)); }

  std::string log() const {
    std::string text;
    for (const std::string& line : lines_) text += line + "\n";
    return text;
  }

  ManualClock clock_;
  LockOfScript lock_{clock_};
  std::stop_source stop_;
  std::size_t most_runs_ = 1;
  nanoseconds took_ = 3s;
  std::deque<RunReport> reports_;
  std::function<void(const RunOrder&)> on_run_ = [](const RunOrder&) {};
  std::function<void()> on_sleep_ = [] {};
  std::vector<std::int64_t> tokens_;
  std::vector<nanoseconds> pauses_;
  std::vector<std::string> states_;
  std::vector<std::string> statuses_;
  std::vector<std::string> lines_;
};

RunReport failed() { return {.status = RunStatus::kFailed, .problem = "error: no disk"}; }

TEST_F(RunnerTest, RunsOnceAndGivesTheLockBack) {
  const RunnerEnd end = go({.run_once = true}, 5, &lock_);
  EXPECT_EQ(end.why, RunnerEnd::Why::kRan);
  EXPECT_FALSE(end.was_lost);
  EXPECT_THAT(lock_.calls, ElementsAre("try", "release"));
  EXPECT_THAT(tokens_, ElementsAre(1));
  EXPECT_THAT(statuses_, ElementsAre("succeeded"));
  EXPECT_THAT(lines_, ElementsAre("Run task", "Task done"));
}

TEST_F(RunnerTest, RunsWithoutALock) {
  EXPECT_EQ(go({.run_once = true}, 2).why, RunnerEnd::Why::kRan);
  EXPECT_THAT(tokens_, ElementsAre(0));
}

TEST_F(RunnerTest, TriesOnceForALockThatIsHeld) {
  lock_.answers = {busy("far.example")};
  const RunnerEnd end = go({.run_once = true}, 1, &lock_);
  EXPECT_EQ(end.why, RunnerEnd::Why::kBusy);
  EXPECT_THAT(end.problem, HasSubstr("far.example, process 7, since noon"));
  EXPECT_THAT(lock_.calls, ElementsAre("try"));
  EXPECT_THAT(statuses_, ElementsAre("pending"));
  EXPECT_THAT(tokens_, IsEmpty());
}

TEST_F(RunnerTest, WaitsForTheLockAsLongAsItIsTold) {
  lock_.answers = {busy("far"), busy("far")};
  const nanoseconds before = clock_.boot_now();
  EXPECT_EQ(go({.run_once = true}, 1, &lock_, 30s).why, RunnerEnd::Why::kBusy);
  EXPECT_EQ(clock_.boot_now() - before, 30s);
  EXPECT_THAT(lock_.calls, ElementsAre("try", "wait"));
  EXPECT_THAT(log(), HasSubstr("lock is owned by far"));
}

TEST_F(RunnerTest, EndsIfTheServerDoesNotAnswerOnce) {
  lock_.answers = {no_answer()};
  const RunnerEnd end = go({.run_once = true}, 1, &lock_);
  EXPECT_EQ(end.why, RunnerEnd::Why::kUnavailable);
  EXPECT_EQ(end.problem, "refused");
  EXPECT_THAT(statuses_, ElementsAre("unavailable"));
}

TEST_F(RunnerTest, WaitsInALoopWhateverComes) {
  lock_.answers = {no_answer(), no_answer(), busy("far"), busy("far"), busy("near"), acquired(5)};
  const RunnerEnd end = go({}, 1, &lock_);
  EXPECT_EQ(end.why, RunnerEnd::Why::kStopped);
  EXPECT_THAT(tokens_, ElementsAre(5));
  EXPECT_THAT(statuses_, ElementsAre("unavailable", "unavailable", "pending", "pending", "pending",
                                     "succeeded"));
  EXPECT_THAT(lines_,
              ElementsAre("Can't acquire lock; its server does not answer: refused",
                          "Can't acquire lock; lock is owned by far, process 7, since noon",
                          "Can't acquire lock; lock is owned by near, process 7, since noon",
                          "The lock is ours now, token 5", "Run task", "Task done"));
  EXPECT_THAT(states_,
              ElementsAre("waiting", "waiting", "waiting", "waiting", "waiting", "running"));
}

TEST_F(RunnerTest, EndsWhileItWaits) {
  lock_.answers = {busy("far"), busy("far"), busy("far")};
  lock_.on_wait = [this](const std::stop_token& stop) {
    if (lock_.calls.size() == 2) stop_.request_stop();
    EXPECT_EQ(stop.stop_requested(), lock_.calls.size() == 2);
  };
  EXPECT_EQ(go({}, 1, &lock_).why, RunnerEnd::Why::kStopped);
  EXPECT_THAT(lock_.calls, ElementsAre("try", "wait", "wait"));
  EXPECT_THAT(tokens_, IsEmpty());
}

TEST_F(RunnerTest, GivesTheLockBackForThePause) {
  on_sleep_ = [this] { EXPECT_EQ(lock_.state(), LockState::kReleased); };
  go({.sleep_interval = 5s}, 3, &lock_);
  EXPECT_THAT(lock_.calls, ElementsAre("try", "release", "try", "release", "try", "release"));
  EXPECT_THAT(tokens_, ElementsAre(1, 2, 3));
  EXPECT_THAT(pauses_, ElementsAre(5s, 5s));
}

TEST_F(RunnerTest, KeepsOneLeaseAndOneTokenThroughThePauses) {
  on_sleep_ = [this] { EXPECT_EQ(lock_.state(), LockState::kHeld); };
  go({.run_interval = 60s, .keep_lock = true}, 4, &lock_);
  EXPECT_THAT(lock_.calls, ElementsAre("try", "release"));
  EXPECT_THAT(tokens_, ElementsAre(1, 1, 1, 1));
  EXPECT_THAT(pauses_, ElementsAre(57s, 57s, 57s));
}

TEST_F(RunnerTest, AsksAnewForALockThatWasLostInAPause) {
  for (const bool is_risk : {false, true}) {
    lock_.calls.clear();
    lines_.clear();
    stop_ = {};
    tokens_.clear();
    int sleeps = 0;
    on_sleep_ = [&] {
      if (++sleeps == 1) is_risk ? lock_.put_at_risk() : lock_.lose();
    };
    go({.sleep_interval = 5s, .keep_lock = true}, 2, &lock_);
    EXPECT_THAT(lock_.calls, ElementsAre("try", "release", "try", "release"));
    EXPECT_EQ(tokens_.at(1), tokens_.at(0) + 1);
    EXPECT_THAT(log(), HasSubstr("lost between two runs"));
    EXPECT_THAT(log(), Not(HasSubstr("kept")));
  }
}

TEST_F(RunnerTest, GivesAKeptLockAwayAfterAnError) {
  reports_ = {{}, failed(), {}};
  go({.sleep_interval = 5s, .keep_lock = true, .release_on_error = true}, 4, &lock_);
  EXPECT_THAT(lock_.calls, ElementsAre("try", "release", "try", "release"));
  EXPECT_THAT(tokens_, ElementsAre(1, 1, 2, 2));
  EXPECT_THAT(pauses_, ElementsAre(5s, 10s, 5s));
  EXPECT_THAT(statuses_, ElementsAre("succeeded", "failed", "succeeded", "succeeded"));
  EXPECT_THAT(log(), HasSubstr("Task failed: error: no disk"));
  EXPECT_THAT(states_, testing::Contains("failed"));
}

TEST_F(RunnerTest, TellsOfALockThatWasLostInARun) {
  on_run_ = [this](const RunOrder& order) {
    lock_.lose();
    EXPECT_TRUE(order.lost.stop_requested());
  };
  reports_ = {{.status = RunStatus::kInterrupted, .problem = "the lock was lost"}};
  const RunnerEnd end = go({.run_once = true}, 1, &lock_);
  EXPECT_TRUE(end.was_lost);
  EXPECT_EQ(end.report.status, RunStatus::kInterrupted);
  EXPECT_THAT(log(), HasSubstr("The lock was lost while the task ran"));
}

TEST_F(RunnerTest, GoesOnAfterALossInALoop) {
  int runs = 0;
  on_run_ = [&](const RunOrder&) {
    if (++runs == 1) lock_.lose();
  };
  reports_ = {{.status = RunStatus::kInterrupted}, {}};
  const RunnerEnd end = go({.keep_lock = true}, 2, &lock_);
  EXPECT_THAT(tokens_, ElementsAre(1, 2));
  EXPECT_FALSE(end.was_lost);
  EXPECT_THAT(statuses_, ElementsAre("interrupted", "succeeded"));
}

TEST_F(RunnerTest, GivesTheLockBackWhenItIsToldToEnd) {
  on_run_ = [this](const RunOrder&) { stop_.request_stop(); };
  reports_ = {{.status = RunStatus::kInterrupted}};
  EXPECT_EQ(go({.run_interval = 60s, .keep_lock = true}, 9, &lock_).why, RunnerEnd::Why::kStopped);
  EXPECT_THAT(lock_.calls, ElementsAre("try", "release"));
  EXPECT_THAT(pauses_, IsEmpty());
}

TEST_F(RunnerTest, StartsNothingOnceItIsToldToEnd) {
  lock_.answers = {busy("far")};
  lock_.on_wait = [this](const std::stop_token&) { stop_.request_stop(); };
  EXPECT_EQ(go({}, 9, &lock_).why, RunnerEnd::Why::kStopped);
  EXPECT_THAT(tokens_, IsEmpty());
  EXPECT_THAT(lock_.calls, ElementsAre("try", "wait", "release")) << "it was ours for a moment";
}

TEST_F(RunnerTest, EndsInAPause) {
  on_sleep_ = [this] { stop_.request_stop(); };
  EXPECT_EQ(go({.sleep_interval = 60s, .keep_lock = true}, 9, &lock_).why,
            RunnerEnd::Why::kStopped);
  EXPECT_EQ(tokens_.size(), 1U);
  EXPECT_THAT(lock_.calls, ElementsAre("try", "release"));
}

TEST_F(RunnerTest, DoesNotMakeUpForAnOverrun) {
  took_ = 25s;
  go({.run_interval = 10s}, 4, &lock_);
  EXPECT_THAT(pauses_, ElementsAre(0s, 0s, 0s));
}

TEST_F(RunnerTest, EndsWithAWrongLockAndNotWithOneThatBecameWrong) {
  class Refusing final : public RunnerLock {
   public:
    LockResult try_acquire() override {
      if (++asked > 1 || refuses_at_once) {
        throw Error{ErrorCode::kConfiguration, "the key is somebody else's"};
      }
      return busy("far");
    }
    LockResult acquire(nanoseconds, const std::stop_token&) override {
      if (++asked < 3) return try_acquire();
      return acquired(1);
    }
    void release() override {}
    LockState state() const override { return LockState::kHeld; }
    std::int64_t token() const override { return 1; }
    std::stop_token stop_token() const override { return {}; }
    void extend() override {}
    int asked = 0;
    bool refuses_at_once = false;
  };
  Refusing later;
  EXPECT_EQ(go({}, 1, &later).why, RunnerEnd::Why::kStopped);
  EXPECT_THAT(log(), HasSubstr("the key is somebody else's"));
  EXPECT_EQ(tokens_.size(), 1U);
  Refusing now;
  now.refuses_at_once = true;
  stop_ = {};
  EXPECT_THROW(go({}, 1, &now), Error);
}

TEST_F(RunnerTest, GoesOnIfTheLockCannotBeGivenBack) {
  lock_.on_release = [] { throw Error{ErrorCode::kUnavailable, "no answer"}; };
  EXPECT_EQ(go({.run_once = true}, 2, &lock_).why, RunnerEnd::Why::kRan);
  EXPECT_THAT(log(), HasSubstr("could not be released, its lease runs out"));
}

TEST_F(RunnerTest, CountsAWorkThatCannotBeginAsFailedInALoop) {
  int runs = 0;
  on_run_ = [&](const RunOrder&) {
    if (++runs == 1) throw Error{ErrorCode::kUnavailable, "no processes are left"};
  };
  EXPECT_EQ(go({.sleep_interval = 1s}, 2, &lock_).why, RunnerEnd::Why::kStopped);
  EXPECT_THAT(statuses_, ElementsAre("failed", "succeeded"));
  runs = 0;
  stop_ = {};
  EXPECT_THROW(go({.run_once = true}, 2, &lock_), Error);
  EXPECT_EQ(lock_.calls.back(), "release");
}

}  // namespace
}  // namespace stint
