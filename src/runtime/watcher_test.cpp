// The watcher and the slots together, on a clock that stands still and a store that is played.
#include "runtime/watcher.hpp"
#include <atomic>
#include <future>
#include <list>
#include <memory>
#include <string>
#include <utility>
#include <vector>
#include <gtest/gtest.h>
#include "runtime/worker_page.hpp"
#include "stint/module.hpp"
#include "support/eventually.hpp"
#include "support/scripted_store.hpp"
#include "support/temporary_folder.hpp"

namespace stint {
namespace {

using namespace std::chrono_literals;
using test::eventually;

/// What the tasks below wait for. Shared by tests that run one after the other.
struct Gate {
  std::atomic<bool> is_open{false};
  std::atomic<int> entered{0};
  std::atomic<int> left{0};
};
Gate gate;

STINT_MODULE(watched, m) {
  m.task("polite", [](Job& job) {
    ++gate.entered;
    job.sleep_for(std::chrono::hours{1000});
  });
  m.task("deaf", [] {
    ++gate.entered;
    gate.is_open.wait(false);
    ++gate.left;
  });
  m.task("quick", [] { ++gate.entered; });
}

class NoHost final : public JobHost {
 public:
  void add_log_line(NewLogLine) override {}
  JobId enqueue_child(std::string_view, const json&, EnqueueOptions) override { return {}; }
};

// A thread that was left to itself looks at the clock once more after its task's end: no clock goes
// before the process does.
ManualClock& lasting_clock() {
  static std::list<ManualClock> all;
  return all.emplace_back();
}

class WatcherTest : public ::testing::Test {
 protected:
  WatcherTest() {
    gate.is_open = false;
    gate.entered = 0;
    gate.left = 0;
    std::vector<std::string> problems;
    const std::vector<ModuleDefinition> modules{watched};
    auto registry = Registry::build(modules, problems);
    auto contexts = std::make_shared<Contexts>(registry->contexts(), Settings{});
    auto environment = std::make_shared<const RunEnvironment>(RunEnvironment{
        .registry = registry, .settings = {}, .make_client = {}, .contexts = contexts});
    board_ = std::make_shared<JobBoard>(BoardOptions{.slots = 2}, clock_, [] {});
    board_->set_lease(clock_.boot_now() + 24h);
    page_ = std::make_shared<WorkerPage>((folder_.path() / "pages").string());
    slots_ = std::make_unique<Slots>(
        2, std::make_shared<SlotContext>(SlotContext{
               board_, page_, store_, std::make_shared<NoHost>(), environment, clock_}));
    watcher_ = std::make_unique<Watcher>(*store_, *board_, *slots_, logs_, session_,
                                         WatchOptions{.grace = 5s}, clock_, &turn_);
    session_.open();
    slots_->start();
  }
  ~WatcherTest() override {
    gate.is_open = true;
    gate.is_open.notify_all();
    for (const auto& run : slots_->running()) run->request_stop(StopReason::kShutdown, "over");
    board_->close();
    board_->give_up_writes();
    const int abandoned = watched_abandoned_;
    slots_.reset();
    EXPECT_TRUE(eventually([&] { return gate.left >= abandoned; }));
  }

  static ClaimedJob job(std::int64_t id, const std::string& task) {
    return {.id = JobId{id}, .epoch = Epoch{1}, .task = "watched." + task, .args = "{}"};
  }

  /// Give a job to the slots and wait until its task has been called, or it ended without.
  void run(ClaimedJob job) {
    const int entered = gate.entered;
    const JobBoard::Standing before = board_->standing();
    const auto plan = board_->plan_exchange(true);
    if (!plan) throw std::logic_error{"the board claims nothing"};
    board_->merge(*plan,
                  {.completed = std::vector<WriteResult>(plan->completions.size()),
                   .claimed = {std::move(job)}},
                  true);
    const auto has_begun = [&] {
      const JobBoard::Standing now = board_->standing();
      return now.begun == before.begun + 1 &&
             (gate.entered == entered + 1 || now.running == before.running);
    };
    if (!eventually(has_begun)) {
      throw std::logic_error{"the task was not called"};
    }
  }
  bool has_ended() { return board_->standing().running == 0; }

  /// Wait for the end of the one job that runs, and take its completion to the store.
  Completion end() {
    if (!eventually([&] { return has_ended(); })) throw std::logic_error{"the job does not end"};
    const auto plan = board_->plan_exchange(true);
    if (!plan || plan->completions.size() != 1) throw std::logic_error{"there is no completion"};
    Completion end = plan->completions.front();
    board_->merge(*plan, {.completed = {WriteResult::kAccepted}, .claimed = {}}, true);
    return end;
  }

  std::size_t entries_in_page() const {
    return observe_page(machine_boot_id(), page_->path()).started->size();
  }

  test::TemporaryFolder folder_;
  ManualClock& clock_ = lasting_clock();
  std::shared_ptr<test::ScriptedStore> store_ = std::make_shared<test::ScriptedStore>();
  LogBuffer logs_;
  Session session_{*store_, {.node = "n1"}, {}, clock_};
  std::shared_ptr<JobBoard> board_;
  std::shared_ptr<WorkerPage> page_;
  std::unique_ptr<Slots> slots_;
  TurnTime turn_;
  std::unique_ptr<Watcher> watcher_;
  int watched_abandoned_ = 0;
};

TEST_F(WatcherTest, StopsAJobAtItsTimeout) {
  ClaimedJob slow = job(1, "polite");
  slow.timeout = 10s;
  run(slow);
  EXPECT_LE(watcher_->until_next_look(), 500ms);
  clock_.advance(9999ms);
  watcher_->look();
  EXPECT_FALSE(has_ended());
  EXPECT_EQ(watcher_->until_next_look(), 1ms) << "it looks when the timeout passes";
  clock_.advance(1ms);
  watcher_->look();
  const Completion completion = end();
  EXPECT_EQ(completion.outcome, Outcome::kFailed);
  EXPECT_EQ(completion.cause, "timeout");
  EXPECT_EQ(completion.ran_for, 10s);
}

TEST_F(WatcherTest, IsNotLateWhileTheStoreTakesItsTime) {
  int calls = 0;
  const auto take_long = [&] {
    ++calls;
    clock_.advance(1min);
    EXPECT_LT(turn_.lateness(clock_.boot_now()), 0s);
  };
  store_->on_abort_requests = [&](WorkerId) {
    take_long();
    return std::vector<AbortRequest>{};
  };
  store_->on_report = [&](std::span<const Activity> some) {
    take_long();
    return std::vector<WriteResult>(some.size());
  };
  store_->on_append_log = [&](std::span<const NewLogLine>) { take_long(); };
  run(job(1, "polite"));
  clock_.advance(1s);  // its start is to be stored
  NewLogLine line;
  line.job = JobId{1};
  logs_.add(std::move(line));
  watcher_->look();
  EXPECT_EQ(calls, 3);
  EXPECT_EQ(turn_.lateness(clock_.boot_now()), 0s) << "it counts from the answer";
}

TEST_F(WatcherTest, AbandonsATaskThatIgnoresItsTimeout) {
  watched_abandoned_ = 1;
  ClaimedJob deaf = job(1, "deaf");
  deaf.timeout = 10s;
  run(deaf);
  clock_.advance(10s);
  watcher_->look();
  clock_.advance(4999ms);
  watcher_->look();
  EXPECT_FALSE(has_ended()) << "its grace has not passed";
  clock_.advance(1ms);
  watcher_->look();
  const Completion completion = end();
  EXPECT_EQ(completion.outcome, Outcome::kFailed);
  EXPECT_EQ(completion.cause, "timeout");
  EXPECT_EQ(completion.ran_for, 15s);
  EXPECT_EQ(slots_->abandoned(), 1);
  EXPECT_EQ(entries_in_page(), 0U);
  board_->expect_jobs();
  run(job(2, "quick"));
  EXPECT_EQ(end().outcome, Outcome::kDone) << "the slot has a new thread";
  gate.is_open = true;
  gate.is_open.notify_all();
  EXPECT_TRUE(eventually([&] { return slots_->abandoned() == 0; }));
  EXPECT_TRUE(board_->standing().is_empty) << "what it returned in the end is dropped";
}

TEST_F(WatcherTest, DeliversAborts) {
  run(job(1, "polite"));
  store_->on_abort_requests = [](WorkerId) {
    return std::vector<AbortRequest>{{.id = JobId{1}, .epoch = Epoch{9}, .message = "old news"}};
  };
  watcher_->look();
  EXPECT_FALSE(has_ended()) << "the abort is for another claim";
  store_->on_abort_requests = [](WorkerId worker) {
    EXPECT_EQ(worker, WorkerId{1});
    return std::vector<AbortRequest>{{.id = JobId{1}, .epoch = Epoch{1}, .message = "not needed"}};
  };
  watcher_->look();
  const Completion completion = end();
  EXPECT_EQ(completion.outcome, Outcome::kAborted);
  EXPECT_NE(completion.error.find("not needed"), std::string::npos);
}

TEST_F(WatcherTest, AbortsATaskThatIgnoresIt) {
  watched_abandoned_ = 1;
  run(job(1, "deaf"));
  store_->on_abort_requests = [](WorkerId) {
    return std::vector<AbortRequest>{{.id = JobId{1}, .epoch = Epoch{1}, .message = "stop"}};
  };
  watcher_->look();
  EXPECT_LE(watcher_->until_next_look(), 5s);
  clock_.advance(5s);
  watcher_->look();
  EXPECT_EQ(end().outcome, Outcome::kAborted);
}

TEST_F(WatcherTest, StopsOnlyWhatMustNotRunWithoutALease) {
  run(job(1, "polite"));
  watcher_->lease_lost();
  EXPECT_FALSE(slots_->running().at(0)->stop_asked_at()) << "it is fenced if it was given away";
  ClaimedJob exclusive = job(2, "polite");
  exclusive.flags.mask = JobFlags::kExclusive;
  run(exclusive);
  watcher_->lease_lost();
  EXPECT_TRUE(eventually([&] { return board_->standing().running == 1; }));
  EXPECT_FALSE(board_->standing().is_empty);
  EXPECT_EQ(slots_->running().at(0)->id(), JobId{1}) << "the exclusive one was dropped";
}

TEST_F(WatcherTest, DoesNotBusyItselfWithADeafTaskThatLostItsRight) {
  ClaimedJob exclusive = job(1, "deaf");
  exclusive.flags.mask = JobFlags::kExclusive;
  run(exclusive);
  watcher_->lease_lost();
  clock_.advance(1h);
  watcher_->look();
  EXPECT_FALSE(has_ended()) << "nothing may be written for it: it is left alone";
  EXPECT_EQ(watcher_->until_next_look(), 400ms);
}

TEST_F(WatcherTest, ReportsTheStartOfALongJobOnce) {
  std::vector<Activity> reported;
  store_->on_report = [&](std::span<const Activity> some) {
    reported.insert(reported.end(), some.begin(), some.end());
    return std::vector<WriteResult>(some.size());
  };
  run(job(1, "polite"));
  clock_.advance(500ms);
  watcher_->look();
  EXPECT_TRUE(reported.empty()) << "most jobs end before";
  clock_.advance(500ms);
  watcher_->look();
  watcher_->look();
  ASSERT_EQ(reported.size(), 1U);
  EXPECT_EQ(reported[0].running_for, 1s);
  EXPECT_FALSE(reported[0].progress);
}

TEST_F(WatcherTest, KeepsProgressThroughAnOutage) {
  std::vector<Activity> reported;
  run(job(1, "polite"));
  slots_->running().at(0)->progress(0.5, "half");
  store_->on_report = [](std::span<const Activity>) -> std::vector<WriteResult> {
    throw test::outage();
  };
  EXPECT_THROW(watcher_->look(), Error);
  store_->on_report = [&](std::span<const Activity> some) {
    reported.assign(some.begin(), some.end());
    return std::vector<WriteResult>(some.size());
  };
  watcher_->look();
  ASSERT_EQ(reported.size(), 1U);
  EXPECT_EQ(reported[0].progress, 0.5);
  EXPECT_EQ(reported[0].progress_message, "half");
}

TEST_F(WatcherTest, StopsOverdueJobsWithoutTheStore) {
  ClaimedJob slow = job(1, "polite");
  slow.timeout = 10s;
  run(slow);
  store_->on_abort_requests = [](WorkerId) -> std::vector<AbortRequest> { throw test::outage(); };
  clock_.advance(10s);
  EXPECT_THROW(watcher_->look(), Error);
  EXPECT_EQ(end().cause, "timeout");
}

TEST_F(WatcherTest, RejectsAJobThatCannotBeRead) {
  ClaimedJob broken = job(1, "quick");
  broken.metadata = "{not json";
  run(broken);
  const Completion completion = end();
  EXPECT_EQ(completion.outcome, Outcome::kRejected);
  EXPECT_EQ(gate.entered, 0);
  board_->expect_jobs();
  run(job(2, "quick"));
  EXPECT_EQ(end().outcome, Outcome::kDone) << "the slot lives on";
}

TEST_F(WatcherTest, GivesAJobBackWhoseArgumentsCannotBeReadNow) {
  store_->on_load_attachments = [](JobId) -> std::vector<std::string> { throw test::outage(); };
  ClaimedJob with_bytes = job(1, "quick");
  with_bytes.has_attachments = true;
  run(with_bytes);
  const Completion completion = end();
  EXPECT_EQ(completion.outcome, Outcome::kInterrupted);
  EXPECT_FALSE(completion.started);
}

TEST_F(WatcherTest, KeepsAJobAtMostOnceInThePageUntilItsEndIsWritten) {
  ClaimedJob once = job(1, "quick");
  once.flags.mask = JobFlags::kAtMostOnce;
  run(once);
  ASSERT_TRUE(eventually([&] { return has_ended(); }));
  EXPECT_EQ(entries_in_page(), 1U) << "who sees a death now must not run it again";
  end();
  EXPECT_TRUE(eventually([&] { return entries_in_page() == 0; }));
}

}  // namespace
}  // namespace stint
