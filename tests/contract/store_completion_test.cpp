#include "support/store_contract.hpp"

namespace stint::test {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr const char* kError = R"({"type":"Boom","message":"it broke","causes":[]})";

class StoreCompletion : public StoreContract {
 protected:
  Completion failed(const ClaimedJob& job, milliseconds delay = seconds{5}) {
    return {.id = job.id,
            .epoch = job.epoch,
            .outcome = Outcome::kFailed,
            .ran_for = milliseconds{300},
            .delay = delay,
            .cause = "error",
            .error = kError};
  }
};
STINT_ON_EVERY_STORE_IN_PROCESS(StoreCompletion);

TEST_P(StoreCompletion, MakesAJobDone) {
  const ClaimedJob job = put_and_claim();
  advance(seconds{9});
  EXPECT_EQ(complete({.id = job.id,
                      .epoch = job.epoch,
                      .ran_for = milliseconds{1500},
                      .ended_before = microseconds{250},
                      .output = R"({"size":7})"}),
            WriteResult::kAccepted);
  const JobRecord record = find(job.id);
  EXPECT_EQ(record.state, JobState::kDone);
  EXPECT_EQ(record.finished_at, now() - microseconds{250});
  EXPECT_EQ(record.started_at, now() - microseconds{250} - milliseconds{1500});
  EXPECT_TRUE(same_json(record.output, R"({"size":7})"));
  EXPECT_EQ(record.attempts, 1);
  EXPECT_EQ(record.failures, 0);
  EXPECT_EQ(record.worker, worker());
  EXPECT_EQ(record.epoch, job.epoch);
  EXPECT_EQ(record.cause, "");
  EXPECT_THAT(store().list_attempts(job.id), IsEmpty());
  EXPECT_THAT(claim(), IsEmpty());
}

TEST_P(StoreCompletion, KeepsTheStartThatWasReported) {
  const ClaimedJob job = put_and_claim();
  const StoreTime start = now() - seconds{2};
  const Activity activity{.id = job.id, .epoch = job.epoch, .running_for = seconds{2}};
  store().report({&activity, 1});
  advance(seconds{10});
  complete({.id = job.id, .epoch = job.epoch, .ran_for = milliseconds{11'990}});
  EXPECT_EQ(find(job.id).started_at, start);
}

TEST_P(StoreCompletion, KeepsProgressToTheEnd) {
  const ClaimedJob job = put_and_claim();
  const Activity activity{
      .id = job.id, .epoch = job.epoch, .progress = 0.75, .progress_message = "3 of 4"};
  store().report({&activity, 1});
  complete(job);
  EXPECT_EQ(find(job.id).progress, 0.75);
  EXPECT_EQ(find(job.id).progress_message, "3 of 4");
}

TEST_P(StoreCompletion, QueuesAFailedJobAgainAfterTheDelay) {
  const ClaimedJob job = put_and_claim({.task = "t.run", .max_attempts = 3});
  EXPECT_EQ(complete(failed(job)), WriteResult::kAccepted);
  const JobRecord record = find(job.id);
  EXPECT_EQ(record.state, JobState::kScheduled);
  EXPECT_EQ(record.run_at, now() + seconds{5});
  EXPECT_EQ(record.attempts, 1);
  EXPECT_EQ(record.failures, 1);
  EXPECT_EQ(record.cause, "error");
  EXPECT_EQ(message_of(record.error), "it broke");
  EXPECT_FALSE(record.worker);
  EXPECT_EQ(record.finished_at, std::nullopt);
  EXPECT_THAT(claim(), IsEmpty());
  advance(seconds{5});
  const ClaimedJob again = claim_one();
  EXPECT_EQ(again.id, job.id);
  EXPECT_GT(again.epoch, job.epoch);
  EXPECT_EQ(again.attempts, 1);
  EXPECT_EQ(again.failures, 1);
}

TEST_P(StoreCompletion, FailsForGoodWhenNoAttemptIsLeft) {
  ClaimedJob job = put_and_claim({.task = "t.run", .max_attempts = 2});
  complete(failed(job, milliseconds{0}));
  job = claim_one();
  Completion last = failed(job, milliseconds{0});
  last.output = R"({"partial":true})";
  EXPECT_EQ(complete(last), WriteResult::kAccepted);
  const JobRecord record = find(job.id);
  EXPECT_EQ(record.state, JobState::kFailed);
  EXPECT_EQ(record.failures, 2);
  EXPECT_EQ(record.attempts, 2);
  EXPECT_EQ(record.cause, "error");
  EXPECT_EQ(message_of(record.error), "it broke");
  EXPECT_TRUE(same_json(record.output, R"({"partial":true})"));
  EXPECT_EQ(record.finished_at, now());
  EXPECT_THAT(store().list_attempts(job.id), SizeIs(2));
}

TEST_P(StoreCompletion, RemembersEachFailedAttempt) {
  ClaimedJob job = put_and_claim({.task = "t.run", .max_attempts = 9});
  complete(failed(job, milliseconds{0}));
  const StoreTime first_end = now();
  advance(seconds{30});
  const WorkerId second_worker = new_worker();
  job = claim_one(second_worker);
  Completion timeout = failed(job);
  timeout.cause = "timeout";
  timeout.error = "";
  timeout.ended_before = milliseconds{4};
  complete(timeout);
  const std::vector<AttemptRecord> attempts = store().list_attempts(job.id);
  ASSERT_THAT(attempts, SizeIs(2));
  EXPECT_EQ(attempts[0].attempt, 1);
  EXPECT_EQ(attempts[0].epoch, Epoch{1});
  EXPECT_EQ(attempts[0].worker, worker());
  EXPECT_EQ(attempts[0].started_at, first_end - milliseconds{300});
  EXPECT_EQ(attempts[0].ended_at, first_end);
  EXPECT_EQ(attempts[0].cause, "error");
  EXPECT_EQ(message_of(attempts[0].error), "it broke");
  EXPECT_EQ(attempts[1].attempt, 2);
  EXPECT_EQ(attempts[1].epoch, Epoch{2});
  EXPECT_EQ(attempts[1].worker, second_worker);
  EXPECT_EQ(attempts[1].ended_at, now() - milliseconds{4});
  EXPECT_EQ(attempts[1].cause, "timeout");
  EXPECT_EQ(attempts[1].error, "");
}

TEST_P(StoreCompletion, FailsARejectedJobWhateverIsLeft) {
  const ClaimedJob job = put_and_claim({.task = "t.run", .max_attempts = 9});
  Completion rejected = failed(job);
  rejected.outcome = Outcome::kRejected;
  rejected.cause = "rejected";
  EXPECT_EQ(complete(rejected), WriteResult::kAccepted);
  const JobRecord record = find(job.id);
  EXPECT_EQ(record.state, JobState::kFailed);
  EXPECT_EQ(record.cause, "rejected");
  EXPECT_EQ(record.attempts, 1);
  const std::vector<AttemptRecord> attempts = store().list_attempts(job.id);
  ASSERT_THAT(attempts, SizeIs(1));
  EXPECT_EQ(attempts[0].cause, "rejected");
}

TEST_P(StoreCompletion, CountsNothingForASnooze) {
  const ClaimedJob job = put_and_claim({.task = "t.run"});
  const Activity activity{.id = job.id, .epoch = job.epoch, .running_for = seconds{2}};
  store().report({&activity, 1});
  EXPECT_EQ(
      complete(
          {.id = job.id, .epoch = job.epoch, .outcome = Outcome::kSnoozed, .delay = minutes{1}}),
      WriteResult::kAccepted);
  const JobRecord record = find(job.id);
  EXPECT_EQ(record.state, JobState::kScheduled);
  EXPECT_EQ(record.run_at, now() + minutes{1});
  EXPECT_EQ(record.attempts, 0);
  EXPECT_EQ(record.failures, 0);
  EXPECT_EQ(record.interruptions, 0);
  EXPECT_EQ(record.started_at, std::nullopt);
  EXPECT_THAT(store().list_attempts(job.id), IsEmpty());
}

TEST_P(StoreCompletion, CountsTheAttemptOfAnInterruptedJobThatHadStarted) {
  const ClaimedJob job = put_and_claim();
  EXPECT_EQ(complete(job, Outcome::kInterrupted), WriteResult::kAccepted);
  const JobRecord record = find(job.id);
  EXPECT_EQ(record.state, JobState::kQueued);
  EXPECT_EQ(record.attempts, 1);
  EXPECT_EQ(record.failures, 0);
  EXPECT_EQ(record.interruptions, 1);
  EXPECT_THAT(store().list_attempts(job.id), IsEmpty());
  EXPECT_EQ(claim_one().id, job.id);
}

TEST_P(StoreCompletion, GivesBackAJobThatHadNotStartedFreeOfCharge) {
  const ClaimedJob job = put_and_claim();
  const StoreTime run_at = find(job.id).run_at;
  advance(seconds{7});
  const JobId younger = put();
  complete({.id = job.id, .epoch = job.epoch, .outcome = Outcome::kInterrupted, .started = false});
  const JobRecord record = find(job.id);
  EXPECT_EQ(record.state, JobState::kQueued);
  EXPECT_EQ(record.attempts, 0);
  EXPECT_EQ(record.interruptions, 1);
  EXPECT_EQ(record.run_at, run_at);
  EXPECT_EQ(record.started_at, std::nullopt);
  EXPECT_THAT(ids_of(claim()), ElementsAre(job.id, younger));
}

TEST_P(StoreCompletion, EndsAnAbortedJob) {
  const ClaimedJob job = put_and_claim({.task = "t.run", .max_attempts = 9});
  EXPECT_EQ(complete({.id = job.id,
                      .epoch = job.epoch,
                      .outcome = Outcome::kAborted,
                      .cause = "aborted",
                      .error = kError}),
            WriteResult::kAccepted);
  const JobRecord record = find(job.id);
  EXPECT_EQ(record.state, JobState::kAborted);
  EXPECT_EQ(record.cause, "aborted");
  EXPECT_EQ(message_of(record.error), "it broke");
  EXPECT_EQ(record.finished_at, now());
}

TEST_P(StoreCompletion, KeepsTheLastFailureOfAJobThatWasDoneInTheEnd) {
  ClaimedJob job = put_and_claim({.task = "t.run", .max_attempts = 2});
  complete(failed(job, milliseconds{0}));
  job = claim_one();
  complete(job);
  const JobRecord record = find(job.id);
  EXPECT_EQ(record.state, JobState::kDone);
  EXPECT_EQ(record.attempts, 2);
  EXPECT_EQ(record.failures, 1);
  EXPECT_EQ(message_of(record.error), "it broke");
}

TEST_P(StoreCompletion, StartsTheNextAttemptWithoutTheProgressOfTheLast) {
  ClaimedJob job = put_and_claim({.task = "t.run", .max_attempts = 2});
  const Activity activity{.id = job.id,
                          .epoch = job.epoch,
                          .running_for = seconds{3},
                          .progress = 0.5,
                          .progress_message = "half"};
  store().report({&activity, 1});
  complete(failed(job, milliseconds{0}));
  job = claim_one();
  const JobRecord record = find(job.id);
  EXPECT_EQ(record.progress, std::nullopt);
  EXPECT_EQ(record.progress_message, "");
  EXPECT_EQ(record.started_at, std::nullopt);
}

TEST_P(StoreCompletion, KeepsTheBytesOfAnOutput) {
  const ClaimedJob job = put_and_claim({.task = "t.run", .attachments = {"in"}});
  const std::string bytes{"\0\xff out", 6};
  complete({.id = job.id,
            .epoch = job.epoch,
            .output = R"({"$stint.bytes":0,"size":6})",
            .attachments = {bytes, "second"}});
  EXPECT_THAT(store().load_attachments(job.id, Store::Attachments::kOutput),
              ElementsAre(bytes, "second"));
  EXPECT_THAT(store().load_attachments(job.id, Store::Attachments::kArguments), ElementsAre("in"));
}

TEST_P(StoreCompletion, KeepsAnOutputOfAMegabyte) {
  const ClaimedJob job = put_and_claim();
  const std::string output = R"({"text":")" + std::string(1 << 20, 'y') + R"("})";
  complete({.id = job.id, .epoch = job.epoch, .output = output});
  EXPECT_TRUE(same_json(find(job.id).output, output));
}

TEST_P(StoreCompletion, AnswersForEachCompletionInOrder) {
  put_many(3);
  const std::vector<ClaimedJob> jobs = claim();
  const std::vector<Completion> completions{
      {.id = jobs[2].id, .epoch = jobs[2].epoch},
      {.id = jobs[0].id, .epoch = Epoch{jobs[0].epoch.value + 1}},
      {.id = jobs[1].id, .epoch = jobs[1].epoch, .outcome = Outcome::kInterrupted},
      {.id = JobId{987'654'321}, .epoch = Epoch{1}}};
  const Exchange result = store().exchange(completions, nullptr);
  EXPECT_THAT(result.completed, ElementsAre(WriteResult::kAccepted, WriteResult::kFenced,
                                            WriteResult::kAccepted, WriteResult::kFenced));
  EXPECT_THAT(result.claimed, IsEmpty());
  EXPECT_EQ(find(jobs[0].id).state, JobState::kRunning);
  EXPECT_EQ(find(jobs[1].id).state, JobState::kQueued);
  EXPECT_EQ(find(jobs[2].id).state, JobState::kDone);
}

TEST_P(StoreCompletion, TellsWhatBecameOfEachJob) {
  struct Case {
    Outcome outcome;
    JobState now;
    NewJob asked = {.task = "t.run"};
    bool abort_asked = false;
  };
  const NewJob tries_again{.task = "t.run", .max_attempts = 2};
  const NewJob at_most_once{.task = "t.run", .flags = JobFlags{JobFlags::kAtMostOnce}};
  const std::vector<Case> cases{{Outcome::kDone, JobState::kDone},
                                {Outcome::kFailed, JobState::kFailed},
                                {Outcome::kFailed, JobState::kQueued, tries_again},
                                {Outcome::kFailed, JobState::kAborted, tries_again, true},
                                {Outcome::kRejected, JobState::kFailed, tries_again},
                                {Outcome::kSnoozed, JobState::kQueued},
                                {Outcome::kSnoozed, JobState::kAborted, tries_again, true},
                                {Outcome::kInterrupted, JobState::kQueued},
                                {Outcome::kInterrupted, JobState::kAborted, tries_again, true},
                                {Outcome::kAborted, JobState::kAborted},
                                {Outcome::kCrashed, JobState::kQueued},
                                {Outcome::kCrashed, JobState::kAborted, tries_again, true},
                                {Outcome::kCrashed, JobState::kFailed, at_most_once}};
  std::vector<Completion> completions;
  std::vector<std::optional<JobState>> expected;
  for (const Case& one : cases) {
    const ClaimedJob job = put_and_claim(one.asked);
    if (one.abort_asked) store().abort(job.id, "not needed");
    completions.push_back({.id = job.id, .epoch = job.epoch, .outcome = one.outcome});
    expected.emplace_back(one.now);
  }
  completions.push_back({.id = JobId{987'654'321}, .epoch = Epoch{1}});
  expected.emplace_back(std::nullopt);
  EXPECT_EQ(store().exchange(completions, nullptr).states, expected);
  for (std::size_t i = 0; i < cases.size(); ++i) {
    EXPECT_EQ(find(completions[i].id).state, cases[i].now) << "case " << i;
  }
  // Each of them has ended, or has gone on: now all are refused.
  EXPECT_EQ(store().exchange(completions, nullptr).states,
            std::vector<std::optional<JobState>>(completions.size()));
}

TEST_P(StoreCompletion, CompletesThenClaimsInOneExchange) {
  const ClaimedJob job = put_and_claim();
  const JobId next = put();
  const Completion given_back{
      .id = job.id, .epoch = job.epoch, .outcome = Outcome::kInterrupted, .started = false};
  const ClaimRequest more = request(worker());
  const Exchange result = store().exchange({&given_back, 1}, &more);
  EXPECT_THAT(result.completed, ElementsAre(WriteResult::kAccepted));
  // What this very exchange gave back may be claimed anew.
  EXPECT_THAT(ids_of(result.claimed), ElementsAre(job.id, next));
  EXPECT_GT(result.claimed[0].epoch, job.epoch);
}

TEST_P(StoreCompletion, DoesNothingForAnEmptyExchange) {
  const Exchange result = store().exchange({}, nullptr);
  EXPECT_THAT(result.completed, IsEmpty());
  EXPECT_THAT(result.claimed, IsEmpty());
}

TEST_P(StoreCompletion, StampsAReportedStartOnce) {
  const ClaimedJob job = put_and_claim();
  advance(seconds{3});
  Activity activity{.id = job.id, .epoch = job.epoch, .running_for = milliseconds{1200}};
  EXPECT_THAT(store().report({&activity, 1}), ElementsAre(WriteResult::kAccepted));
  const StoreTime start = now() - milliseconds{1200};
  EXPECT_EQ(find(job.id).started_at, start);
  // The attempt counts once it has started.
  EXPECT_EQ(find(job.id).attempts, 1);
  advance(seconds{1});
  activity.running_for = milliseconds{2199};
  activity.progress = 0.25;
  activity.progress_message = "a quarter";
  store().report({&activity, 1});
  const JobRecord record = find(job.id);
  EXPECT_EQ(record.started_at, start);
  EXPECT_EQ(record.progress, 0.25);
  EXPECT_EQ(record.progress_message, "a quarter");
  complete(job);
  EXPECT_EQ(find(job.id).attempts, 1);
}

TEST_P(StoreCompletion, KeepsProgressThatAReportDoesNotMention) {
  const ClaimedJob job = put_and_claim();
  Activity activity{.id = job.id, .epoch = job.epoch, .progress = 0.5, .progress_message = "half"};
  store().report({&activity, 1});
  activity = {.id = job.id, .epoch = job.epoch, .running_for = seconds{5}};
  store().report({&activity, 1});
  EXPECT_EQ(find(job.id).progress, 0.5);
  EXPECT_EQ(find(job.id).progress_message, "half");
}

}  // namespace
}  // namespace stint::test
