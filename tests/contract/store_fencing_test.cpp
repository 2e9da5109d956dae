// A worker that was taken for dead, and goes on: none of its writes may reach the job.
#include "support/store_contract.hpp"

namespace stint::test {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class StoreFencing : public StoreContract {
 protected:
  // Claimed by a zombie, then rescued (free of charge, so that it is due at once).
  ClaimedJob rescued_job(const NewJob& job = {.task = "t.run", .max_attempts = 5}) {
    zombie_ = new_worker();
    put(job);
    ClaimedJob old = claim_one(zombie_);
    rescue(zombie_, std::vector<StartedJob>{});
    return old;
  }

  static std::vector<Outcome> all_outcomes() {
    return {Outcome::kDone,    Outcome::kFailed,      Outcome::kRejected,
            Outcome::kSnoozed, Outcome::kInterrupted, Outcome::kAborted};
  }

  WorkerId zombie_;
};
STINT_ON_EVERY_STORE_IN_PROCESS(StoreFencing);

TEST_P(StoreFencing, FencesEveryOutcomeAfterARescue) {
  const ClaimedJob old = rescued_job();
  const JobRecord before = find(old.id);
  EXPECT_GT(before.epoch, old.epoch);
  for (const Outcome outcome : all_outcomes()) {
    EXPECT_EQ(complete(old, outcome), WriteResult::kFenced);
  }
  const JobRecord after = find(old.id);
  EXPECT_EQ(after.state, JobState::kQueued);
  EXPECT_EQ(after.attempts, before.attempts);
  EXPECT_EQ(after.failures, 0);
  EXPECT_THAT(store().list_attempts(old.id), IsEmpty());
}

TEST_P(StoreFencing, FencesEveryOutcomeWhileTheNextHolderRuns) {
  const ClaimedJob old = rescued_job();
  const ClaimedJob held = claim_one();
  EXPECT_EQ(held.id, old.id);
  for (const Outcome outcome : all_outcomes()) {
    EXPECT_EQ(complete(old, outcome), WriteResult::kFenced);
  }
  const JobRecord record = find(old.id);
  EXPECT_EQ(record.state, JobState::kRunning);
  EXPECT_EQ(record.worker, worker());
  EXPECT_EQ(complete(held), WriteResult::kAccepted);
}

TEST_P(StoreFencing, FencesTheSameWorkersOldEpoch) {
  // A guard by id and worker would let this through.
  const ClaimedJob old = put_and_claim();
  complete(old, Outcome::kInterrupted);
  const ClaimedJob held = claim_one();
  EXPECT_EQ(complete({.id = old.id, .epoch = old.epoch, .output = R"("old")"}),
            WriteResult::kFenced);
  EXPECT_EQ(complete({.id = held.id, .epoch = held.epoch, .output = R"("new")"}),
            WriteResult::kAccepted);
  EXPECT_EQ(find(old.id).output, R"("new")");
}

TEST_P(StoreFencing, FencesACompletionSentTwice) {
  for (const Outcome outcome : all_outcomes()) {
    const ClaimedJob job = put_and_claim({.task = "t.run", .max_attempts = 5});
    EXPECT_EQ(complete({.id = job.id, .epoch = job.epoch, .outcome = outcome, .delay = hours{1}}),
              WriteResult::kAccepted);
    EXPECT_EQ(complete(job, outcome), WriteResult::kFenced);
    store().abort(job.id, "make room for the next");
  }
}

TEST_P(StoreFencing, FencesWritesAfterTheEnd) {
  const ClaimedJob old = rescued_job();
  const ClaimedJob held = claim_one();
  complete({.id = held.id, .epoch = held.epoch, .output = R"("new")"});
  for (const Outcome outcome : all_outcomes()) {
    EXPECT_EQ(
        complete({.id = old.id, .epoch = old.epoch, .outcome = outcome, .output = R"("old")"}),
        WriteResult::kFenced);
  }
  EXPECT_EQ(find(old.id).state, JobState::kDone);
  EXPECT_EQ(find(old.id).output, R"("new")");
}

TEST_P(StoreFencing, FencesReports) {
  const ClaimedJob old = rescued_job();
  const Activity activity{
      .id = old.id, .epoch = old.epoch, .running_for = seconds{2}, .progress = 0.5};
  EXPECT_THAT(store().report({&activity, 1}), ElementsAre(WriteResult::kFenced));
  const ClaimedJob held = claim_one();
  EXPECT_THAT(store().report({&activity, 1}), ElementsAre(WriteResult::kFenced));
  EXPECT_EQ(find(old.id).progress, std::nullopt);
  EXPECT_EQ(find(old.id).started_at, std::nullopt);
  complete(held);
  EXPECT_THAT(store().report({&activity, 1}), ElementsAre(WriteResult::kFenced));
}

TEST_P(StoreFencing, AnswersForEachReportInOrder) {
  put_many(2);
  const std::vector<ClaimedJob> jobs = claim();
  const std::vector<Activity> activities{{.id = jobs[1].id, .epoch = jobs[1].epoch},
                                         {.id = jobs[0].id, .epoch = Epoch{77}},
                                         {.id = JobId{999'999}, .epoch = Epoch{1}}};
  EXPECT_THAT(store().report(activities),
              ElementsAre(WriteResult::kAccepted, WriteResult::kFenced, WriteResult::kFenced));
}

TEST_P(StoreFencing, DropsLogLinesOfAnOldEpoch) {
  const ClaimedJob old = rescued_job();
  const ClaimedJob held = claim_one();
  const std::vector<NewLogLine> lines{
      {.job = old.id, .epoch = old.epoch, .at = now(), .text = "from the dead"},
      {.job = held.id, .epoch = held.epoch, .at = now(), .text = "from the living"}};
  store().append_log(lines);
  const std::vector<JobLogLine> log = store().read_log(old.id, 1, 10);
  ASSERT_EQ(log.size(), 1U);
  EXPECT_EQ(log[0].text, "from the living");
}

TEST_P(StoreFencing, KeepsTheBytesOfTheHolderOnly) {
  const ClaimedJob old = rescued_job();
  const ClaimedJob held = claim_one();
  complete({.id = old.id, .epoch = old.epoch, .output = "0", .attachments = {"old"}});
  complete({.id = held.id, .epoch = held.epoch, .output = "0", .attachments = {"new"}});
  EXPECT_THAT(store().load_attachments(old.id, Store::Attachments::kOutput), ElementsAre("new"));
}

TEST_P(StoreFencing, SendsNoAbortToTheOldHolder) {
  const ClaimedJob old = rescued_job();
  const ClaimedJob held = claim_one();
  store().abort(old.id, "stop");
  EXPECT_THAT(store().job_requests(zombie_).aborts, IsEmpty());
  const std::vector<AbortRequest> requests = store().job_requests(worker()).aborts;
  ASSERT_EQ(requests.size(), 1U);
  EXPECT_EQ(requests[0].epoch, held.epoch);
}

TEST_P(StoreFencing, FencesAJobThatWasAborted) {
  const ClaimedJob job = put_and_claim();
  complete(job, Outcome::kInterrupted);
  store().abort(job.id, "no longer wanted");
  for (const Outcome outcome : all_outcomes()) {
    EXPECT_EQ(complete(job, outcome), WriteResult::kFenced);
  }
  EXPECT_EQ(find(job.id).state, JobState::kAborted);
}

TEST_P(StoreFencing, FencesTheOldEpochOfARetiredWorker) {
  const WorkerId leaver = new_worker();
  put();
  const ClaimedJob job = claim_one(leaver);
  store().retire_worker(leaver);
  EXPECT_EQ(complete(job), WriteResult::kFenced);
  EXPECT_EQ(complete(claim_one()), WriteResult::kAccepted);
}

TEST_P(StoreFencing, AcceptsOneCompletionOfManyHolders) {
  const JobId id = put({.task = "t.run"});
  std::vector<ClaimedJob> holders;
  for (int i = 0; i < 5; ++i) {
    const WorkerId holder = new_worker();
    holders.push_back(claim_one(holder));
    if (i < 4) rescue(holder, std::vector<StartedJob>{});
  }
  std::vector<WriteResult> zombies;
  zombies.reserve(4);
  for (int i = 0; i < 4; ++i) zombies.push_back(complete(holders[static_cast<std::size_t>(i)]));
  EXPECT_THAT(zombies, Each(WriteResult::kFenced));
  EXPECT_EQ(complete(holders.back()), WriteResult::kAccepted);
  EXPECT_EQ(find(id).interruptions, 4);
}

}  // namespace
}  // namespace stint::test
