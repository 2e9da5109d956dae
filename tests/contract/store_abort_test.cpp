#include "support/store_contract.hpp"

namespace stint::test {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class StoreAbort : public StoreContract {};
STINT_ON_EVERY_STORE_IN_PROCESS(StoreAbort);

TEST_P(StoreAbort, EndsAWaitingJobAtOnce) {
  const JobId id = put();
  advance(seconds{4});
  EXPECT_EQ(store().abort(id, "not wanted"), JobState::kAborted);
  const JobRecord job = find(id);
  EXPECT_EQ(job.state, JobState::kAborted);
  EXPECT_EQ(job.cause, "aborted");
  EXPECT_EQ(message_of(job.error), "not wanted");
  EXPECT_EQ(job.finished_at, now());
  EXPECT_EQ(job.attempts, 0);
  // It never starts.
  EXPECT_THAT(claim(), IsEmpty());
}

TEST_P(StoreAbort, EndsAScheduledJobAtOnce) {
  const JobId id = put({.task = "t.run", .delay = hours{1}});
  EXPECT_EQ(store().abort(id, ""), JobState::kAborted);
  EXPECT_EQ(find(id).error, "");
  advance(hours{2});
  EXPECT_THAT(claim(), IsEmpty());
}

TEST_P(StoreAbort, MarksARunningJobForItsWorker) {
  const ClaimedJob job = put_and_claim();
  const ClaimedJob untouched = put_and_claim();
  EXPECT_THAT(store().job_requests(worker()).aborts, IsEmpty());
  EXPECT_EQ(store().abort(job.id, "stop it"), JobState::kAborting);
  EXPECT_EQ(find(job.id).state, JobState::kAborting);
  EXPECT_EQ(find(untouched.id).state, JobState::kRunning);
  const std::vector<AbortRequest> requests = store().job_requests(worker()).aborts;
  ASSERT_THAT(requests, SizeIs(1));
  EXPECT_EQ(requests[0].id, job.id);
  EXPECT_EQ(requests[0].epoch, job.epoch);
  EXPECT_EQ(requests[0].message, "stop it");
  EXPECT_THAT(store().job_requests(new_worker()).aborts, IsEmpty());
}

TEST_P(StoreAbort, KeepsTheFirstMessage) {
  const ClaimedJob job = put_and_claim();
  store().abort(job.id, "first");
  EXPECT_EQ(store().abort(job.id, "second"), JobState::kAborting);
  EXPECT_EQ(store().job_requests(worker()).aborts.at(0).message, "first");
}

TEST_P(StoreAbort, TellsTheStateThatAFinishedJobHas) {
  const ClaimedJob done = put_and_claim();
  complete(done);
  EXPECT_EQ(store().abort(done.id, "late"), JobState::kDone);
  const ClaimedJob failed = put_and_claim();
  complete(failed, Outcome::kFailed);
  EXPECT_EQ(store().abort(failed.id, "late"), JobState::kFailed);
  const JobId aborted = put();
  store().abort(aborted, "first");
  EXPECT_EQ(store().abort(aborted, "late"), JobState::kAborted);
  EXPECT_EQ(message_of(find(aborted).error), "first");
  EXPECT_EQ(find(done.id).error, "");
}

TEST_P(StoreAbort, ForgetsTheRequestOnceTheJobHasEnded) {
  const ClaimedJob job = put_and_claim();
  store().abort(job.id, "stop");
  complete(job, Outcome::kAborted);
  EXPECT_THAT(store().job_requests(worker()).aborts, IsEmpty());
}

TEST_P(StoreAbort, LeavesAJobDoneThatWasQuicker) {
  const ClaimedJob job = put_and_claim();
  store().abort(job.id, "too late");
  EXPECT_EQ(complete({.id = job.id, .epoch = job.epoch, .output = "7"}), WriteResult::kAccepted);
  EXPECT_EQ(find(job.id).state, JobState::kDone);
  EXPECT_EQ(find(job.id).output, "7");
}

TEST_P(StoreAbort, LeavesARejectedJobFailed) {
  const ClaimedJob job = put_and_claim({.task = "t.run", .max_attempts = 5});
  store().abort(job.id, "stop");
  complete({.id = job.id, .epoch = job.epoch, .outcome = Outcome::kRejected, .cause = "rejected"});
  EXPECT_EQ(find(job.id).state, JobState::kFailed);
  EXPECT_EQ(find(job.id).cause, "rejected");
}

TEST_P(StoreAbort, NeverQueuesAJobAgainThatIsToStop) {
  for (const Outcome outcome : {Outcome::kFailed, Outcome::kSnoozed, Outcome::kInterrupted}) {
    const ClaimedJob job = put_and_claim({.task = "t.run", .max_attempts = 5});
    store().abort(job.id, "stop it");
    EXPECT_EQ(complete(job, outcome), WriteResult::kAccepted);
    const JobRecord record = find(job.id);
    EXPECT_EQ(record.state, JobState::kAborted);
    EXPECT_EQ(record.cause, "aborted");
    EXPECT_EQ(message_of(record.error), "stop it");
    EXPECT_EQ(record.finished_at, now());
  }
  advance(hours{1});
  EXPECT_THAT(claim(), IsEmpty());
}

TEST_P(StoreAbort, GivesAnAbortedJobItsOwnMessageWithoutAnErrorOfTheWorker) {
  const ClaimedJob job = put_and_claim();
  store().abort(job.id, "stop it");
  complete({.id = job.id, .epoch = job.epoch, .outcome = Outcome::kAborted, .cause = "aborted"});
  EXPECT_EQ(message_of(find(job.id).error), "stop it");
}

TEST_P(StoreAbort, TakesAnyMessage) {
  using std::string_view_literals::operator""sv;
  // The path that stops a job must not fail on the text that somebody gave.
  for (const std::string_view message :
       {"it's \"quoted\" \\ \U0001F600"sv, "bad \xff byte"sv, "a NUL \0 within"sv}) {
    const JobId waiting = put();
    EXPECT_EQ(store().abort(waiting, message), JobState::kAborted);
    EXPECT_NE(message_of(find(waiting).error), "");
    const ClaimedJob running = put_and_claim();
    EXPECT_EQ(store().abort(running.id, message), JobState::kAborting);
    complete(running, Outcome::kInterrupted);
    EXPECT_NE(message_of(find(running.id).error), "");
  }
}

}  // namespace
}  // namespace stint::test
