// Looks at the stacks of running jobs: asked for by anybody, seen by the worker that holds the job.
#include "support/store_contract.hpp"

namespace stint::test {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

class StoreStacks : public StoreContract {};
STINT_ON_EVERY_STORE_IN_PROCESS(StoreStacks);

TEST_P(StoreStacks, AreAskedOfTheWorkerThatHoldsTheJob) {
  const ClaimedJob job = put_and_claim();
  const ClaimedJob untouched = put_and_claim();
  EXPECT_THAT(store().job_requests(worker()).stacks, IsEmpty());
  const std::optional<AskedStacks> asked = store().ask_stacks(job.id);
  ASSERT_TRUE(asked.has_value());
  EXPECT_EQ(asked->state, JobState::kRunning);
  EXPECT_EQ(asked->epoch, job.epoch);
  EXPECT_EQ(asked->worker, worker());
  EXPECT_EQ(asked->look, 1);
  EXPECT_EQ(asked->last_line, 0);
  const JobRequests requests = store().job_requests(worker());
  EXPECT_THAT(requests.aborts, IsEmpty());
  ASSERT_THAT(requests.stacks, SizeIs(1));
  EXPECT_EQ(requests.stacks[0].id, job.id);
  EXPECT_EQ(requests.stacks[0].epoch, job.epoch);
  EXPECT_EQ(requests.stacks[0].look, 1);
  EXPECT_THAT(store().job_requests(new_worker()).stacks, IsEmpty());
  EXPECT_EQ(find(untouched.id).state, JobState::kRunning);
}

TEST_P(StoreStacks, GrowWithEachRequest) {
  const ClaimedJob job = put_and_claim();
  EXPECT_EQ(store().ask_stacks(job.id)->look, 1);
  store().append_log(std::vector<NewLogLine>{{.job = job.id,
                                              .epoch = job.epoch,
                                              .source = LogSource::kStack,
                                              .at = now(),
                                              .text = "somewhere"}});
  const std::optional<AskedStacks> second = store().ask_stacks(job.id);
  EXPECT_EQ(second->look, 2);
  EXPECT_EQ(second->last_line, 1);
  ASSERT_THAT(store().job_requests(worker()).stacks, SizeIs(1));
  EXPECT_EQ(store().job_requests(worker()).stacks[0].look, 2);
  EXPECT_EQ(store().read_log(job.id, 1, 10).at(0).source, LogSource::kStack);
}

TEST_P(StoreStacks, StandBesideAnAbort) {
  const ClaimedJob job = put_and_claim();
  store().abort(job.id, "enough");
  EXPECT_EQ(store().ask_stacks(job.id)->state, JobState::kAborting);
  const JobRequests requests = store().job_requests(worker());
  ASSERT_THAT(requests.aborts, SizeIs(1));
  EXPECT_EQ(requests.aborts[0].message, "enough");
  EXPECT_THAT(requests.stacks, SizeIs(1));
}

TEST_P(StoreStacks, AreOfOneExecution) {
  const ClaimedJob first = put_and_claim();
  store().ask_stacks(first.id);
  complete(first, Outcome::kInterrupted);
  const ClaimedJob second = claim_one();
  EXPECT_EQ(second.id, first.id);
  EXPECT_THAT(store().job_requests(worker()).stacks, IsEmpty()) << "of the one before";
  EXPECT_EQ(store().ask_stacks(second.id)->look, 2);
  EXPECT_EQ(store().job_requests(worker()).stacks.at(0).epoch, second.epoch);
}

TEST_P(StoreStacks, AreNotAskedOfWhatDoesNotRun) {
  const JobId queued = put();
  EXPECT_EQ(store().ask_stacks(queued)->look, 0);
  EXPECT_EQ(store().ask_stacks(queued)->state, JobState::kQueued);
  const ClaimedJob done = claim_one();
  complete(done);
  EXPECT_EQ(store().ask_stacks(done.id)->look, 0);
  EXPECT_EQ(store().ask_stacks(done.id)->state, JobState::kDone);
  EXPECT_FALSE(store().ask_stacks(JobId{987654}).has_value());
  EXPECT_THAT(store().job_requests(worker()).stacks, IsEmpty());
}

}  // namespace
}  // namespace stint::test
