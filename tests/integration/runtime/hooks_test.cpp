// Hooks and events of a real Worker, on threads and in this process.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <semaphore>
#include <stdexcept>
#include <string>
#include <vector>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include "base/mutex.hpp"
#include "stint/stint.hpp"
#include "support/eventually.hpp"
#include "support/store_contract.hpp"

namespace stint::test {
namespace {

using namespace std::chrono_literals;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::IsEmpty;
using Kind = WorkerEventKind;

constexpr const char* kTrace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

/// What the hooks of the test's modules have seen.
class Notes {
 public:
  void reset() {
    const MutexLock lock{mutex_};
    lines_.clear();
    failures_.clear();
  }
  void add(std::string line) {
    const MutexLock lock{mutex_};
    lines_.push_back(std::move(line));
  }
  void add(const FailedAttempt& attempt) {
    const MutexLock lock{mutex_};
    failures_.push_back(attempt);
  }
  std::vector<std::string> lines() {
    const MutexLock lock{mutex_};
    return lines_;
  }
  std::vector<FailedAttempt> failures() {
    const MutexLock lock{mutex_};
    return failures_;
  }

 private:
  Mutex mutex_;
  std::vector<std::string> lines_;
  std::vector<FailedAttempt> failures_;
};

Notes& notes() {
  static Notes only;
  return only;
}

struct Calls {
  std::atomic<int> count{0};
};

STINT_MODULE(watching, m) {
  m.context<Calls>();
  m.around([](Job& job, Calls& calls, Next next) {
    ++calls.count;
    notes().add("begin " + job.task());
    try {
      notes().add(fmt::format("end {} {} {}", job.task(), next().dump(), calls.count.load()));
    } catch (const std::exception& error) {
      notes().add("thrown " + job.task() + " " + error.what());
      throw;
    }
  });
  m.on_failed([](const FailedAttempt& attempt, Client& client) {
    notes().add(attempt);
    if (attempt.is_final && attempt.task != "w.alarm") {
      client.enqueue("w.alarm", {{"task", attempt.task}});
    }
    throw std::runtime_error{"what hooks throw changes nothing"};
  });
}

STINT_MODULE(w, m) {
  const RetryOptions twice{.max_attempts = 2, .backoff = 50ms, .max_backoff = 50ms};
  m.task("add", [](int a, int b) { return a + b; }, {arg("a"), arg("b")});
  m.task("fail", [] { throw std::runtime_error{"as asked"}; }, {}, {.retry = twice});
  m.task("alarm", [](const std::string&) {}, {arg("task")});
  m.task("put_off", [] { throw Snooze{1h}; });
  m.task("wait", [](Job& job) {
    job.progress(0.25, "waiting");
    job.sleep_for(1h);
  });
  m.task("abort_itself",
         [](Job& job, Client& client) {
           client.job(job.id()).abort("enough");
           throw std::runtime_error{"as asked"};
         },
         {}, {.retry = twice});
  m.task("child", [](Job& job) { job.enqueue("w.add", {{"a", 1}, {"b", 2}}); });
}

class HooksTest : public ::testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    notes().reset();
    std::string missing;
    place_ = make_store_place(GetParam(), missing);
    if (!place_) {
      ASSERT_FALSE(is_required(GetParam())) << missing;
      GTEST_SKIP() << missing;
    }
    place_->open_schema()->migrate();
    store_ = place_->open();
    settings_.emplace(
        load_settings({.toml = fmt::format("[stores]\ndefault = \"{}\"\n", place_->url()),
                       .use_environment = false},
                      {watching, w}));
    client_.emplace(*settings_, std::initializer_list<ModuleDefinition>{watching, w});
  }

  Worker& start(WorkerOptions options = {.slots = 1}) {
    if (!options.on_event) {
      options.on_event = [this](const WorkerEvent& event) {
        const MutexLock lock{mutex_};
        events_.push_back(event);
      };
    }
    worker_.emplace(*settings_, std::initializer_list<ModuleDefinition>{watching, w}, options);
    worker_->start();
    return *worker_;
  }
  std::vector<WorkerEvent> events_of(JobId job) {
    const MutexLock lock{mutex_};
    std::vector<WorkerEvent> result;
    std::ranges::copy_if(events_, std::back_inserter(result),
                         [&](const WorkerEvent& event) { return event.job == job; });
    return result;
  }
  std::vector<Kind> kinds_of(JobId job) {
    std::vector<Kind> result;
    for (const WorkerEvent& event : events_of(job)) result.push_back(event.kind);
    return result;
  }

  std::unique_ptr<StorePlace> place_;
  std::unique_ptr<Store> store_;
  std::optional<Settings> settings_;
  std::optional<Client> client_;
  Mutex mutex_;
  std::vector<WorkerEvent> events_;
  std::optional<Worker> worker_;  // the last: its events come until it is gone
};
STINT_ON_EVERY_STORE(HooksTest);

TEST_P(HooksTest, AreRoundEachExecution) {
  start();
  EXPECT_EQ(client_->enqueue("w.add", {{"a", 40}, {"b", 2}}).get(), 42);
  EXPECT_EQ(client_->enqueue("w.add", {{"a", 1}, {"b", 1}}).get(), 2);
  worker_->stop();
  EXPECT_THAT(notes().lines(),
              ElementsAre("begin w.add", "end w.add 42 1", "begin w.add", "end w.add 2 2"));
}

TEST_P(HooksTest, HearOfEachFailureAndMayEnqueue) {
  start();
  const auto failing =
      client_->enqueue("w.fail", json::object(), {.metadata = {{"traceparent", kTrace}}});
  EXPECT_EQ(failing.wait_for(30s), JobState::kFailed);
  ASSERT_TRUE(worker_->wait_idle(30s));
  ASSERT_TRUE(eventually([] { return notes().failures().size() == 2; }));
  ASSERT_TRUE(eventually([] { return std::ranges::count(notes().lines(), "begin w.alarm") == 1; }));
  worker_->stop();
  const auto failures = notes().failures();
  EXPECT_THAT(failures, Each(Field(&FailedAttempt::job, failing.id())));
  EXPECT_EQ(failures[0].attempt, 1);
  EXPECT_FALSE(failures[0].is_final);
  EXPECT_TRUE(failures[0].next_try.has_value());
  EXPECT_EQ(failures[0].metadata["traceparent"], kTrace);
  EXPECT_EQ(failures[1].attempt, 2);
  EXPECT_TRUE(failures[1].is_final);
  EXPECT_EQ(failures[1].message(), "as asked");
  EXPECT_THAT(kinds_of(failing.id()),
              ElementsAre(Kind::kStarted, Kind::kRetry, Kind::kStarted, Kind::kFailed));
}

TEST_P(HooksTest, AreToldWhatBecomesOfJobs) {
  start({.slots = 2});
  const auto done = client_->enqueue("w.add", {{"a", 1}, {"b", 2}});
  const auto snoozed = client_->enqueue("w.put_off");
  const auto waiting = client_->enqueue("w.wait");
  EXPECT_EQ(done.wait_for(30s), JobState::kDone);
  ASSERT_TRUE(eventually([&] { return snoozed.state() == JobState::kScheduled; }));
  ASSERT_TRUE(eventually([&] {
    return kinds_of(waiting.id()) == std::vector{Kind::kStarted, Kind::kProgress};
  })) << "progress is told while it runs";
  waiting.abort("enough");
  EXPECT_EQ(waiting.wait_for(30s), JobState::kAborted);
  const auto interrupted = client_->enqueue("w.wait");
  ASSERT_TRUE(eventually([&] { return !kinds_of(interrupted.id()).empty(); }));
  worker_->stop();
  EXPECT_THAT(kinds_of(done.id()), ElementsAre(Kind::kStarted, Kind::kDone));
  EXPECT_THAT(kinds_of(snoozed.id()), ElementsAre(Kind::kStarted, Kind::kSnoozed));
  EXPECT_EQ(events_of(snoozed.id())[1].delay, 1h);
  EXPECT_THAT(kinds_of(waiting.id()), ElementsAre(Kind::kStarted, Kind::kProgress, Kind::kAborted));
  EXPECT_EQ(events_of(waiting.id())[1].progress, 0.25);
  EXPECT_EQ(events_of(waiting.id())[1].message, "waiting");
  EXPECT_EQ(kinds_of(interrupted.id()).back(), Kind::kInterrupted);
  EXPECT_EQ(events_.front().kind, Kind::kRegistered);
  EXPECT_EQ(events_.back().kind, Kind::kLeft);
  EXPECT_TRUE(events_.front().worker);
  EXPECT_THAT(notes().failures(), IsEmpty()) << "none of these is a failure";
}

TEST_P(HooksTest, KnowThatNothingFollowsAnAbortOfWhichTheWorkerDidNotHear) {
  start();
  const auto job = client_->enqueue("w.abort_itself");
  EXPECT_EQ(job.wait_for(30s), JobState::kAborted);
  worker_->stop();
  EXPECT_THAT(kinds_of(job.id()), ElementsAre(Kind::kStarted, Kind::kAborted));
  EXPECT_EQ(events_of(job.id())[1].cause, "aborted");
  // None, where the worker heard of it before the task had ended.
  EXPECT_THAT(notes().failures(), Each(Field(&FailedAttempt::is_final, true)));
}

TEST_P(HooksTest, NeverWaitForASlowListener) {
  const std::vector<json> args(200, json{{"a", 1}, {"b", 2}});
  client_->enqueue("w.add", args);
  std::binary_semaphore may_go_on{0};
  std::atomic<int> heard{0};
  start({.slots = 2, .on_event = [&](const WorkerEvent&) {
           if (heard++ == 0) may_go_on.acquire();
         }});
  EXPECT_TRUE(worker_->wait_idle(30s)) << "while the first event is not taken yet";
  EXPECT_EQ(heard, 1);
  may_go_on.release();
  worker_->stop();
  EXPECT_EQ(heard, 2 + 2 * 200) << "registered, left, and two for each job";
}

TEST_P(HooksTest, TellOfAResultThatCameTooLate) {
  start();
  const auto job = client_->enqueue("w.wait");
  ASSERT_TRUE(eventually([&] { return !kinds_of(job.id()).empty(); }));
  // Another worker thinks that this one is dead.
  const auto workers = store_->list_workers(/*alive_only=*/true);
  ASSERT_EQ(workers.size(), 1U);
  const RescueResult rescued = store_->rescue(
      {.worker = workers[0].id, .beat = workers[0].beat, .started = std::vector<StartedJob>{}});
  ASSERT_TRUE(rescued.was_dead);
  worker_->stop();
  EXPECT_EQ(kinds_of(job.id()).back(), Kind::kFenced);
}

TEST_P(HooksTest, CarryTheTraceToChildren) {
  start();
  const auto parent = client_->enqueue(
      "w.child", json::object(),
      {.metadata = {{"traceparent", kTrace}, {"tracestate", "a=1"}, {"user", "eve"}}});
  EXPECT_EQ(parent.wait_for(30s), JobState::kDone);
  ASSERT_TRUE(worker_->wait_idle(30s));
  const auto jobs = store_->list_jobs({.task = "w.add"});
  ASSERT_EQ(jobs.size(), 1U);
  EXPECT_EQ(json::parse(jobs[0].metadata), (json{{"traceparent", kTrace}, {"tracestate", "a=1"}}));
}

TEST_P(HooksTest, RefuseATraceOfAnotherForm) {
  try {
    client_->enqueue("w.add", {{"a", 1}, {"b", 1}}, {.metadata = {{"traceparent", "7"}}});
    FAIL() << "it was taken";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kInvalid);
    EXPECT_THAT(error.what(), ::testing::HasSubstr("traceparent \"7\" has not the form"));
  }
}

}  // namespace
}  // namespace stint::test
