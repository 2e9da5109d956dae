// stint::Worker from end to end on both stores.
#include "stint/worker.hpp"
#include <atomic>
#include <chrono>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include "app/environment.hpp"
#include "app/worker_setup.hpp"
#include "stint/log.hpp"
#include "stint/stint.hpp"
#include "support/eventually.hpp"
#include "support/store_contract.hpp"
#include "worker_tasks.hpp"

namespace stint::test {
namespace {

using namespace std::chrono_literals;

class WorkerTest : public ::testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    stage().reset();
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
                      {work}));
    client_.emplace(*settings_, std::initializer_list<ModuleDefinition>{work});
  }
  void TearDown() override {
    set_log_sink({});
    stage().open();
  }

  /// Become ready once the library logs a line that begins so, on any of its threads.
  static std::future<void> logged(std::string_view beginning) {
    struct Seen {
      std::promise<void> line;
      std::atomic_flag is_set;
    };
    const auto seen = std::make_shared<Seen>();
    set_log_sink([seen, beginning](const LogLine& line) {
      if (line.text.starts_with(beginning) && !seen->is_set.test_and_set()) seen->line.set_value();
    });
    return seen->line.get_future();
  }

  Worker& start(const WorkerOptions& options = {.slots = 2}) {
    worker_.emplace(*settings_, std::initializer_list<ModuleDefinition>{work}, options);
    worker_->start();
    return *worker_;
  }
  Client& client() { return *client_; }
  Store& store() { return *store_; }

  JobRecord record(const JobHandle<>& handle) { return store().find_job(handle.id()).value(); }
  JobState end_of(const JobHandle<>& handle) { return handle.wait_for(30s); }
  bool is_entered(int times) {
    return eventually([&] { return stage().entered >= times; });
  }

  std::unique_ptr<StorePlace> place_;
  std::unique_ptr<Store> store_;
  std::optional<Settings> settings_;
  std::optional<Client> client_;
  std::optional<Worker> worker_;
};
STINT_ON_EVERY_STORE_IN_PROCESS(WorkerTest);

// --- Running ------------------------------------------------------------------------------------

TEST_P(WorkerTest, RunsWhatIsEnqueued) {
  start();
  EXPECT_EQ(client().enqueue("work.add", {{"a", 40}, {"b", 2}}).get(), 42);
}

TEST_P(WorkerTest, RunsManyOnce) {
  std::vector<json> args;
  args.reserve(500);
  for (int i = 0; i < 500; ++i) args.push_back({{"name", std::to_string(i)}});
  client().enqueue("work.note", args);
  EXPECT_TRUE(start({.slots = 4}).wait_idle(60s));
  for (int i = 0; i < 500; ++i) EXPECT_EQ(stage().runs_of(std::to_string(i)), 1);
}

TEST_P(WorkerTest, PassesBytesBothWays) {
  start();
  const std::string data(100'000, '\xfe');
  const auto handle = client().enqueue("work.bytes", {{"data", json(Bytes{data})}});
  EXPECT_EQ(handle.get().get<Bytes>(), Bytes{data + "!"});
}

TEST_P(WorkerTest, TriesAFailedJobAgain) {
  start();
  const auto handle = client().enqueue("work.fail_until", {{"attempt", 3}});
  EXPECT_EQ(handle.get(), 3);
  const JobRecord job = record(handle);
  EXPECT_EQ(job.failures, 2);
  EXPECT_EQ(job.attempts, 3);
  EXPECT_EQ(store().list_attempts(job.id).size(), 2U);
}

TEST_P(WorkerTest, FailsAJobWithoutAttemptsLeft) {
  start();
  const auto handle = client().enqueue("work.fail");
  EXPECT_EQ(end_of(handle), JobState::kFailed);
  EXPECT_EQ(handle.error(), "as asked");
  EXPECT_EQ(record(handle).cause, "error");
}

TEST_P(WorkerTest, LeavesAloneWhatItDoesNotKnow) {
  const NewJob other{.task = "others.task"};
  const JobId id = store().enqueue({&other, 1}).at(0).id;
  EXPECT_TRUE(start().wait_idle(30s));
  EXPECT_EQ(store().find_job(id)->state, JobState::kQueued);
}

TEST_P(WorkerTest, EnqueuesChildrenOnceOverAllAttempts) {
  Worker& worker = start();
  const auto handle = client().enqueue("work.parent");
  EXPECT_EQ(end_of(handle), JobState::kDone);
  EXPECT_EQ(record(handle).attempts, 3);
  EXPECT_TRUE(worker.wait_idle(30s));
  EXPECT_EQ(stage().runs_of("first"), 1);
  EXPECT_EQ(stage().runs_of("second"), 1);
}

TEST_P(WorkerTest, StoresLogAndProgress) {
  start();
  const auto handle = client().enqueue("work.talk");
  EXPECT_EQ(end_of(handle), JobState::kDone);
  const std::vector<JobLogLine> lines = handle.logs();
  ASSERT_EQ(lines.size(), 2U) << "what a job logged is there once it is seen to have ended";
  EXPECT_EQ(lines[0].text, "begin");
  EXPECT_EQ(lines[1].text, "end");
  EXPECT_EQ(lines[1].level, LogLevel::kWarning);
}

TEST_P(WorkerTest, StoresWhatTasksPrint) {
  start();
  const auto handle = client().enqueue("work.print");
  // While it runs, all but the line that has no end yet.
  ASSERT_TRUE(eventually([&] { return handle.logs().size() >= 4; }));
  stage().open();
  EXPECT_EQ(end_of(handle), JobState::kDone);
  const std::vector<JobLogLine> lines = handle.logs();
  std::vector<std::string> told;
  for (const JobLogLine& line : lines) {
    told.push_back(
        fmt::format("{} {}: {}", to_string(line.source), to_string(line.level), line.text));
  }
  EXPECT_EQ(told, (std::vector<std::string>{"stdout info: one", "stdout info: two 1",
                                            "stderr warning: bad \uFFFD", "log info: logged",
                                            "stdout info: no line end"}));
}

TEST_P(WorkerTest, KeepsLogsWithinTheirLimit) {
  settings_.emplace(load_settings(
      {.toml =
           fmt::format("[stores]\ndefault = \"{}\"\n[limits]\nmax_log = 65536\n", place_->url()),
       .use_environment = false},
      {work}));
  start();
  const auto handle = client().enqueue("work.flood");
  EXPECT_EQ(end_of(handle), JobState::kDone);
  std::size_t kept = 0;
  std::vector<std::string> marks;
  for (const JobLogLine& line : handle.logs()) {
    if (line.text.starts_with('[')) {
      marks.push_back(line.text);
    } else {
      kept += line.text.size();
    }
  }
  EXPECT_GT(kept, 2 * 64'000U);
  EXPECT_LE(kept, 2 * 65'536U);
  // 65 lines of 1000 bytes with their ends are kept of what was printed; of what was logged 65 of
  // 999 bytes.
  EXPECT_EQ(marks,
            (std::vector<std::string>{"[output cut here: the limit of an attempt is 65536 bytes]",
                                      "[log cut here: the limit of an attempt is 65536 bytes]",
                                      "[134865 bytes of log lines were dropped]",
                                      "[135000 bytes of output were dropped]"}));
}

TEST_P(WorkerTest, MakesContextsForTheProcessAndForEachThread) {
  for (int i = 0; i < 50; ++i) client().enqueue("work.contexts");
  EXPECT_TRUE(start({.slots = 3}).wait_idle(30s));
  EXPECT_EQ(stage().process_contexts, 1);
  EXPECT_GE(stage().thread_contexts, 1);
  EXPECT_LE(stage().thread_contexts, 3);
}

// --- Stops --------------------------------------------------------------------------------------

TEST_P(WorkerTest, AbortsARunningJob) {
  start();
  const auto handle = client().enqueue("work.sleep");
  ASSERT_TRUE(is_entered(1));
  EXPECT_TRUE(handle.abort("no longer needed"));
  EXPECT_EQ(end_of(handle), JobState::kAborted);
  EXPECT_EQ(handle.error(), "no longer needed");
}

TEST_P(WorkerTest, NeverStartsAJobThatWasAborted) {
  const auto handle = client().enqueue("work.note", {{"name", "never"}});
  EXPECT_TRUE(handle.abort());
  EXPECT_TRUE(start().wait_idle(30s));
  EXPECT_EQ(stage().runs_of("never"), 0);
}

TEST_P(WorkerTest, LivesOnWhenATaskNeverStops) {
  start({.slots = 1});
  const auto deaf = client().enqueue("work.deaf");
  EXPECT_EQ(end_of(deaf), JobState::kFailed);
  EXPECT_EQ(record(deaf).cause, "timeout");
  EXPECT_EQ(client().enqueue("work.add", {{"a", 1}, {"b", 1}}).get(), 2);
}

TEST_P(WorkerTest, GivesBackWhatRunsWhenItStops) {
  Worker& worker = start({.slots = 1});
  const auto running = client().enqueue("work.sleep");
  const auto waiting = client().enqueue("work.sleep");
  ASSERT_TRUE(is_entered(1));
  worker.stop();
  for (const auto& handle : {running, waiting}) {
    EXPECT_EQ(record(handle).state, JobState::kQueued);
    EXPECT_EQ(record(handle).failures, 0);
    EXPECT_EQ(record(handle).crashes, 0);
  }
  EXPECT_EQ(record(running).interruptions, 1);
  EXPECT_TRUE(store().list_workers(true).empty()) << "it has left";
}

TEST_P(WorkerTest, LetsJobsEndWhenItDrains) {
  Worker& worker = start({.slots = 1});
  const auto running = client().enqueue("work.hold");
  const auto waiting = client().enqueue("work.hold");
  ASSERT_TRUE(is_entered(1));
  const std::future<void> draining = logged("draining");
  auto drained = std::async(std::launch::async, [&] { return worker.drain(30s); });
  ASSERT_EQ(draining.wait_for(30s), std::future_status::ready);
  stage().open();
  EXPECT_TRUE(drained.get());
  EXPECT_EQ(record(running).state, JobState::kDone);
  EXPECT_EQ(record(waiting).state, JobState::kQueued);
}

TEST_P(WorkerTest, StopsWhatDoesNotEndWithinTheGraceOfADrain) {
  Worker& worker = start({.slots = 1});
  const auto running = client().enqueue("work.sleep");
  ASSERT_TRUE(is_entered(1));
  EXPECT_FALSE(worker.drain(10ms));
  EXPECT_EQ(record(running).state, JobState::kQueued);
}

TEST_P(WorkerTest, LetsWaitersGoWhenItStops) {
  Worker& worker = start({.slots = 1});
  client().enqueue("work.sleep");
  ASSERT_TRUE(is_entered(1));
  auto idle = std::async(std::launch::async, [&] { return worker.wait_idle(); });
  worker.stop();
  EXPECT_FALSE(idle.get());
}

TEST_P(WorkerTest, StartsAnew) {
  Worker& worker = start();
  worker.stop();
  worker.start();
  EXPECT_EQ(client().enqueue("work.add", {{"a", 1}, {"b", 2}}).get(), 3);
}

// --- Limits -------------------------------------------------------------------------------------

TEST_P(WorkerTest, RunsOneAtATimeWhenAsked) {
  worker_.emplace(*settings_, std::initializer_list<ModuleDefinition>{work});
  EXPECT_FALSE(worker_->run_one());
  client().enqueue("work.note", {{"name", "a"}});
  client().enqueue("work.note", {{"name", "b"}});
  EXPECT_TRUE(worker_->run_one());
  EXPECT_EQ(stage().runs_of("a") + stage().runs_of("b"), 1);
  EXPECT_TRUE(worker_->run_one());
  EXPECT_FALSE(worker_->run_one());
  EXPECT_EQ(stage().runs_of("a") + stage().runs_of("b"), 2);
}

TEST_P(WorkerTest, EndsAfterItsRuns) {
  for (int i = 0; i < 5; ++i) client().enqueue("work.note", {{"name", "x"}});
  EXPECT_TRUE(start({.slots = 2, .max_runs = 3}).wait_idle(30s));
  EXPECT_EQ(stage().runs_of("x"), 3);
}

TEST_P(WorkerTest, KeepsADomainWithinItsShare) {
  std::vector<JobHandle<>> mails;
  mails.reserve(6);
  for (int i = 0; i < 6; ++i) mails.push_back(client().enqueue("work.mail"));
  start({.slots = 4, .domains = {{"mail", 2}, {"default", 0}}});
  ASSERT_TRUE(is_entered(2));
  EXPECT_EQ(client().enqueue("work.add", {{"a", 1}, {"b", 1}}).get(), 2) << "others have room";
  EXPECT_EQ(stage().entered, 2);
  stage().open();
  for (const auto& mail : mails) EXPECT_EQ(end_of(mail), JobState::kDone);
  EXPECT_EQ(stage().most_beside, 2);
}

TEST_P(WorkerTest, IsIdleInSpiteOfWhatIsScheduled) {
  client().enqueue("work.note", {{"name", "later"}}, {.delay = 1h});
  EXPECT_TRUE(start().wait_idle(30s));
  EXPECT_EQ(stage().runs_of("later"), 0);
}

TEST_P(WorkerTest, TellsThatItIsNotIdleInTime) {
  Worker& worker = start();
  client().enqueue("work.hold");
  ASSERT_TRUE(is_entered(1));
  EXPECT_FALSE(worker.wait_idle(10ms));
}

// --- Crashes ------------------------------------------------------------------------------------

class CrashedJobs : public WorkerTest {
 protected:
  /// Have a worker claim the job, begin it as its page would tell, and die.
  void crash(const JobHandle<>& handle, const std::string& task) {
    const WorkerId victim = store().register_worker({.node = "n1"});
    const ClaimRequest request{
        .worker = victim, .node = "n1", .tasks = {task}, .domain = "default", .limit = 1};
    const std::vector<ClaimedJob> claimed = store().exchange({}, &request).claimed;
    ASSERT_EQ(claimed.size(), 1U);
    ASSERT_EQ(claimed[0].id, handle.id());
    const RescueResult result =
        store().rescue({.worker = victim,
                        .beat = 0,
                        .started = std::vector<StartedJob>{{claimed[0].id, claimed[0].epoch}}});
    ASSERT_TRUE(result.was_dead);
  }
};
STINT_ON_EVERY_STORE(CrashedJobs);

TEST_P(CrashedJobs, AreNotRunAgainIfTheyMayRunOnlyOnce) {
  const auto handle = client().enqueue("work.once", {{"name", "once"}});
  crash(handle, "work.once");
  EXPECT_TRUE(start().wait_idle(30s));
  EXPECT_EQ(stage().runs_of("once"), 0);
  EXPECT_EQ(handle.state(), JobState::kFailed);
  EXPECT_EQ(record(handle).cause, "crash");
}

TEST_P(CrashedJobs, AreRunAlone) {
  const auto crashed = client().enqueue("work.hold");
  crash(crashed, "work.hold");
  std::vector<JobHandle<>> others;
  others.reserve(3);
  for (int i = 0; i < 3; ++i) others.push_back(client().enqueue("work.hold"));
  // A worker by whose clock the pause after the crash has passed.
  const std::vector<ModuleDefinition> modules{work};
  auto own_store = place_->open();
  own_store->set_time_for_tests(record(crashed).run_at + 1min);
  const auto environment = std::make_shared<Environment>(*settings_, modules, std::move(own_store));
  const std::unique_ptr<JobWorker> worker = make_job_worker(environment, {.slots = 4});
  worker->start();
  ASSERT_TRUE(is_entered(3));
  EXPECT_TRUE(eventually([&] { return record(crashed).state == JobState::kRunning; }))
      << "it is claimed, and a slot is free";
  EXPECT_EQ(stage().entered, 3);
  stage().open();
  EXPECT_EQ(end_of(crashed), JobState::kDone);
  EXPECT_EQ(stage().most_beside, 3);
  worker->stop();
}

}  // namespace
}  // namespace stint::test
