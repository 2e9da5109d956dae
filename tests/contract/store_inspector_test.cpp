// What a close look at a store shows, the same on every backend.
#include "core/store_inspector.hpp"
#include "backends/postgres/backend.hpp"
#include "backends/sqlite/backend.hpp"
#include "core/worker_counts.hpp"
#include "support/store_contract.hpp"

namespace stint::test {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class InspectorContract : public StoreContract {
 protected:
  void SetUp() override {
    StoreContract::SetUp();
    if (!IsSkipped()) inspector_ = open();
  }

  std::unique_ptr<StoreInspector> open() {
    const std::string url = place().url();
    return GetParam() == "sqlite" ? sqlite::open_inspector(url) : postgres::open_inspector(url);
  }
  /// With the store's time.
  StoreInspector& inspector() {
    inspector_->set_time_for_tests(now());
    return *inspector_;
  }

 private:
  std::unique_ptr<StoreInspector> inspector_;
};
STINT_ON_EVERY_STORE(InspectorContract);

TEST_P(InspectorContract, FindsWhereAJobStands) {
  put({.task = "t.run", .priority = 5});
  put({.task = "t.run", .priority = 5, .delay = hours{1}});
  put({.task = "t.run", .domain = "other", .priority = 5});
  const JobId first = put();
  const JobId last = put();
  const auto place = inspector().find_place(last, 100);
  ASSERT_TRUE(place);
  EXPECT_EQ(place->higher, 1) << "of its domain, and due";
  EXPECT_EQ(place->older, 1);
  EXPECT_EQ(place->gate, 0);
  EXPECT_EQ(place->now, now());
  EXPECT_EQ(inspector().find_place(first, 100)->older, 0);
}

TEST_P(InspectorContract, CountsNoFurtherThanItIsAskedTo) {
  put_many(20);
  const JobId last = put();
  EXPECT_EQ(inspector().find_place(last, 7)->older, 7);
}

TEST_P(InspectorContract, FindsNoPlaceOfAJobThatHasEnded) {
  const ClaimedJob job = put_and_claim();
  ASSERT_TRUE(inspector().find_place(job.id, 10));
  complete(job);
  EXPECT_FALSE(inspector().find_place(job.id, 10));
  EXPECT_FALSE(inspector().find_place(JobId{123'456}, 10));
}

TEST_P(InspectorContract, TellsThatAnAbortIsAskedFor) {
  const ClaimedJob job = put_and_claim();
  EXPECT_FALSE(inspector().find_place(job.id, 10)->abort_at);
  store().abort(job.id, "enough");
  const auto place = inspector().find_place(job.id, 10);
  EXPECT_EQ(place->abort_at, now());
  EXPECT_EQ(place->abort_message, "enough");
}

TEST_P(InspectorContract, CountsTheCrashesOfAJobAlone) {
  const ClaimedJob job = put_and_claim();
  rescue(worker(), std::vector{started(job)});
  EXPECT_GE(inspector().find_place(job.id, 10)->lone_crashes, 0);
  EXPECT_EQ(find(job.id).crashes, 1);
}

TEST_P(InspectorContract, ListsTheTasksThatLiveWorkersTold) {
  const WorkerId silent = new_worker();
  const WorkerId teller = new_worker();
  const WorkerId gone = new_worker();
  const std::string told = to_json(WorkerCounts{.tasks = {"t.run", "t.other"}});
  ASSERT_TRUE(store().beat(silent));
  ASSERT_TRUE(store().beat(teller, told));
  ASSERT_TRUE(store().beat(gone, told));
  store().retire_worker(gone);
  const std::vector<WorkerTasks> workers = inspector().worker_tasks();
  ASSERT_THAT(workers, SizeIs(1));
  EXPECT_EQ(workers.front().worker, teller);
  EXPECT_THAT(workers.front().tasks, ElementsAre("t.run", "t.other"));
}

TEST_P(InspectorContract, GroupsTheDueJobs) {
  EXPECT_THAT(inspector().look_at_queue(100).waiting, IsEmpty());
  put_many(3);
  const StoreTime since = now();
  advance(minutes{1});
  put({.task = "t.other", .node = "n9"});
  put({.task = "t.third", .delay = hours{1}});
  put_and_claim({.task = "t.run", .priority = 9});
  const QueueLook look = inspector().look_at_queue(100);
  ASSERT_THAT(look.waiting, SizeIs(2));
  EXPECT_EQ(look.waiting[0].task, "t.run");
  EXPECT_EQ(look.waiting[0].jobs, 3);
  EXPECT_EQ(look.waiting[0].since, since);
  EXPECT_EQ(look.waiting[1].task, "t.other");
  EXPECT_EQ(look.waiting[1].node, "n9");
  EXPECT_EQ(look.now, now());
  EXPECT_FALSE(look.is_cut);
  EXPECT_TRUE(inspector().look_at_queue(2).is_cut);
}

TEST_P(InspectorContract, CountsTheEndsOfTheLastHour) {
  complete(put_and_claim(), Outcome::kFailed);
  advance(minutes{61});
  complete(put_and_claim());
  for (int i = 0; i < 2; ++i) {
    const ClaimedJob job = put_and_claim();
    complete(Completion{
        .id = job.id, .epoch = job.epoch, .outcome = Outcome::kFailed, .cause = "timeout"});
  }
  const QueueLook look = inspector().look_at_queue(100);
  EXPECT_EQ(look.done, 1);
  EXPECT_EQ(look.failed, 2);
  EXPECT_EQ(look.often_failed, "timeout");
}

TEST_P(InspectorContract, KnowsTheVersionOfTheTables) {
  const SchemaLook look = inspector().look_at_schema();
  EXPECT_EQ(look.version, look.newest);
  EXPECT_TRUE(look.is_usable());
}

TEST_P(InspectorContract, MakesNoTables) {
  place().open_schema()->reset();
  EXPECT_EQ(open()->look_at_schema().version, 0);
  EXPECT_FALSE(open()->look_at_schema().is_usable());
  EXPECT_FALSE(open()->check_place(InspectDepth::kQuick).empty());
  EXPECT_EQ(place().open_schema()->version(), 0);
}

TEST_P(InspectorContract, HasAClockThatTestsSet) { EXPECT_EQ(inspector().read_clock(), now()); }

TEST_P(InspectorContract, FindsAFreshStoreInGoodHealth) {
  for (const HealthCheck& check : inspector().check_place(InspectDepth::kFull)) {
    EXPECT_NE(check.status, HealthStatus::kProblem) << check.name << ": " << check.value;
    EXPECT_FALSE(check.name.empty() || check.value.empty() || check.meaning.empty()) << check.name;
  }
}

}  // namespace
}  // namespace stint::test
