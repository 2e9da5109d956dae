#include "support/store_contract.hpp"

namespace stint::test {
namespace {

using ::testing::ElementsAre;
using ::testing::ElementsAreArray;
using ::testing::IsEmpty;

class StoreClaim : public StoreContract {};
STINT_ON_EVERY_STORE_IN_PROCESS(StoreClaim);

TEST_P(StoreClaim, HandsOverWhatAWorkerNeeds) {
  const JobId id = put({.task = "t.run",
                        .args = R"({"a":1})",
                        .max_attempts = 3,
                        .timeout = milliseconds{2500},
                        .flags = {JobFlags::kAtMostOnce},
                        .metadata = R"({"m":2})"});
  const ClaimedJob job = claim_one();
  EXPECT_EQ(job.id, id);
  EXPECT_EQ(job.epoch, Epoch{1});
  EXPECT_EQ(job.attempts, 0);
  EXPECT_EQ(job.failures, 0);
  EXPECT_EQ(job.crashes, 0);
  EXPECT_EQ(job.max_attempts, 3);
  EXPECT_EQ(job.timeout, milliseconds{2500});
  EXPECT_TRUE(job.flags.at_most_once());
  EXPECT_FALSE(job.flags.exclusive());
  EXPECT_EQ(job.domain, "default");
  EXPECT_EQ(job.task, "t.run");
  EXPECT_TRUE(same_json(job.args, R"({"a":1})"));
  EXPECT_FALSE(job.has_attachments);
  EXPECT_TRUE(same_json(job.metadata, R"({"m":2})"));
}

TEST_P(StoreClaim, TellsHowLongAJobWasDue) {
  put();
  put({.task = "t.run", .delay = seconds{20}});
  advance(seconds{30});
  const std::vector<ClaimedJob> jobs = claim();
  ASSERT_EQ(jobs.size(), 2U);
  EXPECT_EQ(jobs[0].waited, seconds{30});
  EXPECT_EQ(jobs[1].waited, seconds{10});
  put();
  advance(seconds{1});
  EXPECT_EQ(claim_one().waited, seconds{1}) << "from a mark, where the store keeps one";
}

TEST_P(StoreClaim, MakesTheJobRunningWithTheWorkerAndANewEpoch) {
  const ClaimedJob claimed = put_and_claim();
  const JobRecord job = find(claimed.id);
  EXPECT_EQ(job.state, JobState::kRunning);
  EXPECT_EQ(job.worker, worker());
  EXPECT_EQ(job.epoch, claimed.epoch);
  // Claimed is not started.
  EXPECT_EQ(job.attempts, 0);
  EXPECT_EQ(job.started_at, std::nullopt);
}

TEST_P(StoreClaim, GivesAJobOnce) {
  put();
  EXPECT_EQ(claim().size(), 1U);
  EXPECT_THAT(claim(), IsEmpty());
  EXPECT_THAT(claim(request(new_worker())), IsEmpty());
}

TEST_P(StoreClaim, TakesAtMostTheLimit) {
  const std::vector<JobId> ids = put_many(5);
  EXPECT_THAT(ids_of(claim(2)), ElementsAre(ids[0], ids[1]));
  EXPECT_THAT(ids_of(claim(100)), ElementsAre(ids[2], ids[3], ids[4]));
}

TEST_P(StoreClaim, TakesTheHighestLaneFirst) {
  const JobId low = put({.task = "t.run", .priority = -32768});
  const JobId middle = put({.task = "t.run", .priority = 0});
  const JobId high = put({.task = "t.run", .priority = 32767});
  EXPECT_THAT(ids_of(claim(1)), ElementsAre(high));
  EXPECT_THAT(ids_of(claim(1)), ElementsAre(middle));
  EXPECT_THAT(ids_of(claim(1)), ElementsAre(low));
}

TEST_P(StoreClaim, ClaimsFromOneLaneAtATime) {
  const JobId low = put({.task = "t.run", .priority = 1});
  const JobId high = put({.task = "t.run", .priority = 2});
  EXPECT_THAT(ids_of(claim(10)), ElementsAre(high));
  EXPECT_THAT(ids_of(claim(10)), ElementsAre(low));
}

TEST_P(StoreClaim, TakesTheLongestDueFirstThenTheLowestId) {
  const JobId third = put({.task = "t.run", .run_at = now()});
  const JobId first = put({.task = "t.run", .run_at = now() - seconds{2}});
  const JobId fourth = put({.task = "t.run", .run_at = now()});
  const JobId second = put({.task = "t.run", .run_at = now() - seconds{1}});
  EXPECT_THAT(ids_of(claim(1)), ElementsAre(first));
  EXPECT_THAT(ids_of(claim(1)), ElementsAre(second));
  EXPECT_THAT(ids_of(claim(1)), ElementsAre(third));
  EXPECT_THAT(ids_of(claim(1)), ElementsAre(fourth));
}

TEST_P(StoreClaim, HandsABatchOverInOrder) {
  const JobId second = put({.task = "t.run", .run_at = now()});
  const JobId first = put({.task = "t.run", .run_at = now() - seconds{2}});
  const JobId third = put({.task = "t.run", .run_at = now()});
  EXPECT_THAT(ids_of(claim()), ElementsAre(first, second, third));
}

TEST_P(StoreClaim, LeavesScheduledJobsUntilTheyAreDue) {
  const JobId id = put({.task = "t.run", .delay = seconds{10}});
  EXPECT_THAT(claim(), IsEmpty());
  advance(seconds{10} - microseconds{1});
  EXPECT_THAT(claim(), IsEmpty());
  advance(microseconds{1});
  EXPECT_EQ(find(id).state, JobState::kQueued);
  EXPECT_THAT(ids_of(claim()), ElementsAre(id));
}

TEST_P(StoreClaim, LooksBehindALaneThatIsScheduledForLater) {
  put({.task = "t.run", .priority = 9, .delay = hours{1}});
  const JobId due = put({.task = "t.run", .priority = 1});
  EXPECT_THAT(ids_of(claim()), ElementsAre(due));
}

TEST_P(StoreClaim, LeavesTasksThatTheWorkerDoesNotHave) {
  const JobId unknown = put({.task = "x.unknown"});
  const JobId known = put({.task = "t.other"});
  EXPECT_THAT(ids_of(claim()), ElementsAre(known));
  EXPECT_THAT(claim(), IsEmpty());
  ClaimRequest other = request(worker());
  other.tasks = {"x.unknown"};
  EXPECT_THAT(ids_of(claim(other)), ElementsAre(unknown));
}

TEST_P(StoreClaim, HasNoJobForAWorkerWithoutTasks) {
  put();
  ClaimRequest none = request(worker());
  none.tasks.clear();
  EXPECT_THAT(claim(none), IsEmpty());
}

TEST_P(StoreClaim, LooksBehindLanesOfOthersJobs) {
  put_many(30, {.task = "x.unknown", .priority = 5});
  put_many(30, {.task = "t.run", .node = "elsewhere", .priority = 4});
  const JobId ours = put({.task = "t.run", .priority = 3});
  EXPECT_THAT(ids_of(claim(1)), ElementsAre(ours));
}

TEST_P(StoreClaim, FindsTheOneJobBehindManyOfOthersInItsLane) {
  put_many(500, {.task = "x.unknown", .run_at = now() - hours{1}});
  const JobId ours = put();
  EXPECT_THAT(ids_of(claim(5)), ElementsAre(ours));
}

TEST_P(StoreClaim, LeavesJobsForOtherNodes) {
  const JobId here = put({.task = "t.run", .node = "n1"});
  const JobId anywhere = put({.task = "t.run"});
  const JobId there = put({.task = "t.run", .node = "n2"});
  EXPECT_THAT(ids_of(claim()), ElementsAre(here, anywhere));
  ClaimRequest other = request(new_worker("n2"));
  other.node = "n2";
  EXPECT_THAT(ids_of(claim(other)), ElementsAre(there));
}

TEST_P(StoreClaim, StaysWithinItsDomain) {
  const JobId mail = put({.task = "t.run", .domain = "mail", .priority = 9});
  const JobId plain = put();
  EXPECT_THAT(ids_of(claim()), ElementsAre(plain));
  ClaimRequest other = request(worker());
  other.domain = "mail";
  EXPECT_THAT(ids_of(claim(other)), ElementsAre(mail));
}

TEST_P(StoreClaim, HasNothingForAWorkerThatWasDeclaredDead) {
  const WorkerId zombie = new_worker();
  ASSERT_TRUE(rescue(zombie, std::nullopt).was_dead);
  put();
  // Nobody would rescue what it claimed.
  EXPECT_THAT(claim(request(zombie)), IsEmpty());
  EXPECT_EQ(claim().size(), 1U);
}

TEST_P(StoreClaim, HasNothingForAWorkerThatLeft) {
  const WorkerId gone = new_worker();
  store().retire_worker(gone);
  put();
  EXPECT_THAT(claim(request(gone)), IsEmpty());
}

TEST_P(StoreClaim, GoesThroughManyLanes) {
  std::vector<JobId> ids;
  for (int priority = 0; priority < 60; ++priority) {
    ids.insert(ids.begin(), put({.task = "t.run", .priority = priority * 7 - 200}));
  }
  std::vector<JobId> claimed;
  for (std::vector<ClaimedJob> batch = claim(); !batch.empty(); batch = claim()) {
    for (const ClaimedJob& job : batch) claimed.push_back(job.id);
  }
  EXPECT_THAT(claimed, ElementsAreArray(ids));
}

TEST_P(StoreClaim, ClaimsAJobThatCrashedLikeOthers) {
  const ClaimedJob job = put_and_claim();
  const WorkerId next = new_worker();
  rescue(worker(), std::nullopt);
  advance(minutes{1});
  const ClaimedJob again = claim_one(next);
  EXPECT_EQ(again.id, job.id);
  EXPECT_EQ(again.crashes, 1);
}

}  // namespace
}  // namespace stint::test
