#include "runtime/worker_events.hpp"
#include <future>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include "stint/log.hpp"
#include "stint/module.hpp"

namespace stint {
namespace {

using namespace std::chrono_literals;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Kind = WorkerEventKind;

/// What the hooks of the test's module were told.
std::vector<FailedAttempt>& failures() {
  static std::vector<FailedAttempt> all;
  return all;
}

constexpr ModuleDefinition kListening{
    "listening", [](Module& m) {
      m.on_failed([](const FailedAttempt& attempt) {
        failures().push_back(attempt);
        throw std::runtime_error{"the hook is broken"};
      });
      m.on_failed(
          [](const FailedAttempt& attempt, const Settings&) { failures().push_back(attempt); });
    }};

std::shared_ptr<const RunEnvironment> environment_of(std::vector<ModuleDefinition> modules) {
  std::vector<std::string> problems;
  auto environment = std::make_shared<RunEnvironment>();
  environment->registry = Registry::build(modules, problems);
  EXPECT_THAT(problems, IsEmpty());
  return environment;
}

ClaimedJob job_of(std::int64_t id, int failures = 0, int max_attempts = 1) {
  ClaimedJob job;
  job.id = JobId{id};
  job.epoch = Epoch{3};
  job.attempts = failures;
  job.failures = failures;
  job.max_attempts = max_attempts;
  job.task = "t.task";
  job.domain = "mail";
  return job;
}

/// What a store makes of the job, where nobody has asked for its end.
JobState state_after(const ClaimedJob& job, Outcome outcome) {
  if (outcome == Outcome::kDone) return JobState::kDone;
  if (outcome == Outcome::kAborted) return JobState::kAborted;
  const bool is_last = outcome == Outcome::kFailed && job.failures + 1 >= job.max_attempts;
  return is_last || outcome == Outcome::kRejected ? JobState::kFailed : JobState::kQueued;
}

Completion end_of(const ClaimedJob& job, Outcome outcome) {
  Completion end{.id = job.id, .epoch = job.epoch, .outcome = outcome};
  end.delay = 7s;
  if (outcome == Outcome::kFailed) {
    end.cause = "error";
    end.error = R"({"type":"std::runtime_error","message":"as asked"})";
  }
  return end;
}

class WorkerEventsTest : public ::testing::Test {
 protected:
  void SetUp() override { failures().clear(); }
  void TearDown() override { set_log_sink({}); }

  std::vector<Kind> kinds() const {
    std::vector<Kind> result;
    for (const WorkerEvent& event : events_) result.push_back(event.kind);
    return result;
  }
  /// One attempt from its start to the answer of the store.
  static void see(WorkerEvents& events, const ClaimedJob& job, Outcome outcome) {
    see(events, job, outcome, state_after(job, outcome));
  }
  static void see(WorkerEvents& events, const ClaimedJob& job, Outcome outcome,
                  std::optional<JobState> now) {
    events.started(job);
    const Completion end = end_of(job, outcome);
    events.ended(job, end);
    events.written(end, now);
  }

  ManualClock clock_;
  std::vector<WorkerEvent> events_;
  WorkerEventsOptions options_{
      .on_event = [this](const WorkerEvent& event) { events_.push_back(event); }};
};

TEST_F(WorkerEventsTest, AreNotMadeForNobody) {
  EXPECT_EQ(WorkerEvents::make({}, environment_of({}), clock_), nullptr);
  EXPECT_NE(WorkerEvents::make(options_, environment_of({}), clock_), nullptr);
  EXPECT_NE(WorkerEvents::make({}, environment_of({kListening}), clock_), nullptr);
}

TEST_F(WorkerEventsTest, TellHowAttemptsEnd) {
  WorkerEvents events{options_, environment_of({}), clock_};
  events.registered(WorkerId{5});
  see(events, job_of(1), Outcome::kDone);
  see(events, job_of(2, 0, 3), Outcome::kFailed);
  see(events, job_of(2, 2, 3), Outcome::kFailed);
  see(events, job_of(3, 0, 3), Outcome::kRejected);
  see(events, job_of(4), Outcome::kAborted);
  see(events, job_of(5), Outcome::kSnoozed);
  see(events, job_of(6), Outcome::kInterrupted);
  see(events, job_of(7), Outcome::kCrashed);
  see(events, job_of(8), Outcome::kDone, std::nullopt);
  events.started(job_of(9));
  events.lost(job_of(9));
  events.left();
  events.close(20s);
  std::vector<WorkerEvent> ends;
  for (const WorkerEvent& event : events_) {
    if (event.kind != Kind::kStarted) ends.push_back(event);
  }
  events_ = ends;
  EXPECT_THAT(kinds(),
              ElementsAre(Kind::kRegistered, Kind::kDone, Kind::kRetry, Kind::kFailed,
                          Kind::kFailed, Kind::kAborted, Kind::kSnoozed, Kind::kInterrupted,
                          Kind::kRetry, Kind::kFenced, Kind::kFenced, Kind::kLeft));
  EXPECT_THAT(ends, Each(::testing::Field(&WorkerEvent::worker, WorkerId{5})));
  EXPECT_EQ(ends[2].delay, 7s);
  EXPECT_EQ(ends[2].message, "as asked");
  EXPECT_EQ(ends[2].cause, "error");
  EXPECT_EQ(ends[2].attempt, 1);
  EXPECT_EQ(ends[2].task, "t.task");
  EXPECT_EQ(ends[2].domain, "mail");
  EXPECT_EQ(ends[3].attempt, 3);
  EXPECT_EQ(ends[3].delay, 0s);
}

TEST_F(WorkerEventsTest, BelieveTheStoreRatherThanTheirOwnCount) {
  WorkerEvents events{options_, environment_of({kListening}), clock_};
  // Somebody has asked for the end of these, of which the worker has not heard.
  see(events, job_of(1, 0, 3), Outcome::kFailed, JobState::kAborted);
  see(events, job_of(2), Outcome::kSnoozed, JobState::kAborted);
  see(events, job_of(3), Outcome::kInterrupted, JobState::kAborted);
  see(events, job_of(4), Outcome::kCrashed, JobState::kFailed);
  see(events, job_of(5, 2, 3), Outcome::kCrashed, JobState::kQueued);
  events.close(20s);
  std::erase_if(events_, [](const WorkerEvent& event) { return event.kind == Kind::kStarted; });
  EXPECT_THAT(kinds(), ElementsAre(Kind::kAborted, Kind::kAborted, Kind::kAborted, Kind::kFailed,
                                   Kind::kRetry));
  EXPECT_EQ(events_[0].cause, "aborted");
  EXPECT_EQ(events_[0].message, "as asked");
  EXPECT_EQ(events_[0].delay, 0s) << "there is no further attempt";
  std::vector<bool> finals;
  for (std::size_t i = 0; i < failures().size(); i += 2) finals.push_back(failures()[i].is_final);
  EXPECT_THAT(finals, ElementsAre(true, true, false)) << "of 1, 4 and 5";
}

TEST_F(WorkerEventsTest, LeaveOutJobsThatNeverBegan) {
  WorkerEvents events{options_, environment_of({}), clock_};
  events.written(end_of(job_of(1), Outcome::kInterrupted), JobState::kQueued);
  events.close(20s);
  EXPECT_THAT(events_, IsEmpty());
}

TEST_F(WorkerEventsTest, TellOfProgressOnlyWhileItRuns) {
  WorkerEvents events{options_, environment_of({}), clock_};
  const ClaimedJob job = job_of(1);
  const Activity activity{
      .id = job.id, .epoch = job.epoch, .progress = 0.5, .progress_message = "half"};
  events.started(job);
  events.progressed(job, activity);
  events.ended(job, end_of(job, Outcome::kDone));
  events.progressed(job, activity);  // it was stored while the job ended
  events.written(end_of(job, Outcome::kDone), JobState::kDone);
  events.close(20s);
  EXPECT_THAT(kinds(), ElementsAre(Kind::kStarted, Kind::kProgress, Kind::kDone));
  EXPECT_EQ(events_[1].progress, 0.5);
  EXPECT_EQ(events_[1].message, "half");
}

TEST_F(WorkerEventsTest, CountWhatASlowListenerMisses) {
  std::promise<void> entered;
  std::promise<void> go_on;
  std::promise<void> took_third;
  const auto gate = go_on.get_future().share();
  options_.most_events = 2;
  options_.on_event = [&](const WorkerEvent& event) {
    events_.push_back(event);
    if (events_.size() == 1) {
      entered.set_value();
      gate.wait();
    }
    if (events_.size() == 3) took_third.set_value();
  };
  WorkerEvents events{options_, environment_of({}), clock_};
  events.started(job_of(1));
  entered.get_future().wait();
  for (std::int64_t id = 2; id <= 6; ++id) events.started(job_of(id));  // 2 and 3 wait
  go_on.set_value();
  took_third.get_future().wait();
  events.started(job_of(7));
  events.started(job_of(8));
  events.close(20s);
  ASSERT_EQ(events_.size(), 5U);
  EXPECT_EQ(events_[2].job, JobId{3});
  EXPECT_EQ(events_[3].job, JobId{7});
  EXPECT_EQ(events_[3].dropped, 3U) << "4, 5 and 6 are missing";
  EXPECT_EQ(events_[4].dropped, 0U);
}

TEST_F(WorkerEventsTest, OutliveAListenerThatThrows) {
  std::vector<std::string> lines;
  set_log_sink([&](const LogLine& line) { lines.push_back(line.text); });
  options_.on_event = [this](const WorkerEvent& event) {
    events_.push_back(event);
    throw std::runtime_error{"no screen"};
  };
  WorkerEvents events{options_, environment_of({}), clock_};
  events.started(job_of(1));
  events.started(job_of(2));
  events.close(20s);
  EXPECT_EQ(events_.size(), 2U);
  EXPECT_THAT(lines, ElementsAre("on_event threw for \"started\" of job 1: no screen",
                                 "on_event threw for \"started\" of job 2: no screen"));
}

TEST_F(WorkerEventsTest, CallTheHooksOncePerFailureThatTheStoreHas) {
  std::vector<std::string> lines;
  set_log_sink([&](const LogLine& line) { lines.push_back(line.text); });
  WorkerEvents events{{}, environment_of({kListening}), clock_};
  ClaimedJob first = job_of(1, 0, 2);
  first.metadata = R"({"user":"eve"})";
  see(events, first, Outcome::kFailed);
  see(events, job_of(1, 1, 2), Outcome::kFailed);
  see(events, job_of(2), Outcome::kDone);
  see(events, job_of(3), Outcome::kAborted);
  see(events, job_of(4), Outcome::kFailed, std::nullopt);
  events.close(20s);
  ASSERT_EQ(failures().size(), 4U) << "two failures, two hooks";
  EXPECT_EQ(failures()[0].job, JobId{1});
  EXPECT_EQ(failures()[0].message(), "as asked");
  EXPECT_EQ(failures()[0].cause, "error");
  EXPECT_EQ(failures()[0].attempt, 1);
  EXPECT_EQ(failures()[0].metadata["user"], "eve");
  EXPECT_FALSE(failures()[0].is_final);
  EXPECT_EQ(failures()[0].next_try, 7s);
  EXPECT_EQ(failures()[1].attempt, 1) << "the second hook";
  EXPECT_TRUE(failures()[2].is_final);
  EXPECT_EQ(failures()[2].next_try, std::nullopt);
  EXPECT_THAT(lines, Each("on_failed of module listening threw for job 1 (t.task): the hook is "
                          "broken"));
  EXPECT_EQ(lines.size(), 2U);
}

}  // namespace
}  // namespace stint
