// What people do to jobs: retry, change, delete, and each of them beside what workers do.
#include <algorithm>
#include <atomic>
#include <string>
#include <thread>
#include "stint/error.hpp"
#include "support/store_contract.hpp"

namespace stint::test {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using Kind = OperationResult::Kind;

constexpr const char* kOperationError = R"({"type":"Boom","message":"it broke","causes":[]})";

OperationResult changed(JobState state) { return {.kind = Kind::kChanged, .state = state}; }
OperationResult refused(JobState state) { return {.kind = Kind::kWrongState, .state = state}; }

class StoreOperations : public StoreContract {
 protected:
  OperationResult retry(JobId id, RetryOf which = RetryOf::kFailures) {
    return store().retry_jobs({&id, 1}, which).at(0);
  }
  OperationResult update(const JobUpdate& update) {
    return store().update_jobs({&update, 1}).at(0);
  }
  OperationResult remove(JobId id) { return store().delete_jobs({&id, 1}).at(0); }

  void fail(const ClaimedJob& job) {
    ASSERT_EQ(complete({.id = job.id,
                        .epoch = job.epoch,
                        .outcome = Outcome::kFailed,
                        .ran_for = seconds{1},
                        .cause = "error",
                        .error = kOperationError}),
              WriteResult::kAccepted);
  }
  ClaimedJob put_and_fail(const NewJob& job = {.task = "t.run"}) {
    ClaimedJob claimed = put_and_claim(job);
    fail(claimed);
    return claimed;
  }
  WriteResult log(JobId id, Epoch epoch) {
    const std::int64_t before = store().count_log_lines({&id, 1}).at(0);
    const NewLogLine line{.job = id, .epoch = epoch, .at = now(), .text = "a line"};
    store().append_log({&line, 1});
    return store().count_log_lines({&id, 1}).at(0) > before ? WriteResult::kAccepted
                                                            : WriteResult::kFenced;
  }
};
STINT_ON_EVERY_STORE_IN_PROCESS(StoreOperations);

// --- Retry
// ----------------------------------------------------------------------------------------

TEST_P(StoreOperations, QueuesAFailedJobOnceMore) {
  const ClaimedJob first = put_and_fail({.task = "t.run",
                                         .args = R"({"a":1})",
                                         .attachments = {"in"},
                                         .priority = 7,
                                         .timeout = seconds{9},
                                         .metadata = R"({"m":2})",
                                         .tags = {"red"},
                                         .idempotency_key = "k"});
  advance(minutes{5});
  EXPECT_EQ(retry(first.id), changed(JobState::kQueued));
  const JobRecord queued = find(first.id);
  EXPECT_EQ(queued.state, JobState::kQueued);
  EXPECT_EQ(queued.run_at, now());
  EXPECT_EQ(queued.finished_at, std::nullopt);
  EXPECT_EQ(queued.worker, WorkerId{});
  EXPECT_EQ(queued.attempts, 1);
  EXPECT_EQ(queued.failures, 0);
  EXPECT_GT(queued.epoch, first.epoch);
  // Until it ends anew it shows what its last attempt failed with.
  EXPECT_EQ(queued.cause, "error");
  EXPECT_EQ(message_of(queued.error), "it broke");
  EXPECT_THAT(store().list_attempts(first.id), SizeIs(1));

  const ClaimedJob second = claim_one();
  EXPECT_EQ(second.id, first.id);
  EXPECT_GT(second.epoch, queued.epoch);
  EXPECT_EQ(second.attempts, 1);
  EXPECT_EQ(second.failures, 0);
  EXPECT_EQ(second.timeout, seconds{9});
  EXPECT_TRUE(same_json(second.args, R"({"a":1})"));
  EXPECT_TRUE(same_json(second.metadata, R"({"m":2})"));
  EXPECT_TRUE(second.has_attachments);
  EXPECT_THAT(store().load_attachments(first.id, Store::Attachments::kArguments),
              ElementsAre("in"));
  EXPECT_EQ(complete(first), WriteResult::kFenced);
  complete({.id = second.id, .epoch = second.epoch, .output = "8"});
  const JobRecord done = find(first.id);
  EXPECT_EQ(done.state, JobState::kDone);
  EXPECT_EQ(done.attempts, 2);
  EXPECT_EQ(done.priority, 7);
  EXPECT_THAT(done.tags, ElementsAre("red"));
  const NewJob again{.task = "t.run", .idempotency_key = "k"};
  EXPECT_EQ(store().enqueue({&again, 1}).at(0).id, first.id);
}

TEST_P(StoreOperations, GivesARetriedJobAllItsAttemptsAgain) {
  const JobId id = put({.task = "t.run", .max_attempts = 2});
  for (int round = 0; round < 2; ++round) {
    fail(claim_one());
    EXPECT_EQ(find(id).state, JobState::kQueued);
    fail(claim_one());
    EXPECT_EQ(find(id).state, JobState::kFailed);
    EXPECT_EQ(retry(id), changed(JobState::kQueued));
  }
  EXPECT_EQ(find(id).attempts, 4);
  EXPECT_THAT(store().list_attempts(id), SizeIs(4));
}

TEST_P(StoreOperations, ForgetsTheCrashesOfARetriedJob) {
  const JobId id = put();
  for (int crash = 0; crash < 3; ++crash) {
    const ClaimedJob job = claim_one();
    complete({.id = id, .epoch = job.epoch, .outcome = Outcome::kCrashed, .cause = "crash"});
  }
  EXPECT_EQ(find(id).cause, "crash limit");
  retry(id);
  EXPECT_EQ(find(id).crashes, 0);
  for (int crash = 0; crash < 2; ++crash) {
    const ClaimedJob job = claim_one();
    EXPECT_EQ(job.crashes, crash);
    complete({.id = id, .epoch = job.epoch, .outcome = Outcome::kCrashed, .cause = "crash"});
    EXPECT_EQ(find(id).state, JobState::kQueued);
  }
}

TEST_P(StoreOperations, RetriesAnAbortedJobWithoutTheAbort) {
  const JobId id = put();
  store().abort(id, "not now");
  EXPECT_EQ(retry(id), changed(JobState::kQueued));
  EXPECT_EQ(find(id).cause, "");
  EXPECT_EQ(find(id).error, "");
  const ClaimedJob job = claim_one();
  EXPECT_THAT(store().job_requests(worker()).aborts, IsEmpty());
  complete(job);
  EXPECT_EQ(find(id).state, JobState::kDone);
}

TEST_P(StoreOperations, RetriesADoneJobOnlyIfAsked) {
  const ClaimedJob job = put_and_claim();
  complete({.id = job.id, .epoch = job.epoch, .output = "7", .attachments = {"old", "older"}});
  EXPECT_EQ(retry(job.id), refused(JobState::kDone));
  EXPECT_EQ(find(job.id).output, "7");
  EXPECT_EQ(retry(job.id, RetryOf::kAnyEnd), changed(JobState::kQueued));
  EXPECT_EQ(find(job.id).output, "");
  EXPECT_THAT(store().load_attachments(job.id, Store::Attachments::kOutput), IsEmpty());
  const ClaimedJob again = claim_one();
  complete({.id = again.id, .epoch = again.epoch, .output = "8", .attachments = {"new"}});
  EXPECT_EQ(find(job.id).output, "8");
  EXPECT_THAT(store().load_attachments(job.id, Store::Attachments::kOutput), ElementsAre("new"));
}

TEST_P(StoreOperations, RetriesManyAndTellsOfEach) {
  const JobId failed = put_and_fail().id;
  const JobId running = put_and_claim().id;
  const JobId asked_to_stop = put_and_claim().id;
  store().abort(asked_to_stop, "");
  const JobId scheduled = put({.task = "t.run", .delay = hours{1}});
  const JobId queued = put();
  const std::vector<JobId> ids{queued,  scheduled, JobId{999'999}, asked_to_stop,
                               running, failed,    failed,         JobId{-1}};
  EXPECT_THAT(
      store().retry_jobs(ids, RetryOf::kFailures),
      ElementsAre(refused(JobState::kQueued), refused(JobState::kScheduled), OperationResult{},
                  refused(JobState::kAborting), refused(JobState::kRunning),
                  changed(JobState::kQueued), changed(JobState::kQueued), OperationResult{}));
  EXPECT_THAT(store().retry_jobs({}, RetryOf::kFailures), IsEmpty());
}

TEST_P(StoreOperations, FencesTheLinesOfWhoHeldARetriedJob) {
  const ClaimedJob job = put_and_fail();
  EXPECT_EQ(log(job.id, job.epoch), WriteResult::kAccepted);
  retry(job.id);
  EXPECT_EQ(log(job.id, job.epoch), WriteResult::kFenced);
  EXPECT_EQ(log(job.id, claim_one().epoch), WriteResult::kAccepted);
}

TEST_P(StoreOperations, WakesWhoWaitsForARetriedJob) {
  const JobId id = put_and_fail().id;
  const std::vector<std::string> domains{"default"};
  const std::unique_ptr<WakeUp> sleeper = store().make_wake_up(domains);
  sleeper->wait_for(milliseconds{1});
  retry(id);
  const auto begin = std::chrono::steady_clock::now();
  sleeper->wait_for(seconds{30});
  EXPECT_LT(std::chrono::steady_clock::now() - begin, seconds{20});
}

// --- Update
// ---------------------------------------------------------------------------------------

TEST_P(StoreOperations, ChangesThePriorityOfAWaitingJob) {
  const JobId first = put();
  const JobId second = put();
  EXPECT_EQ(update({.id = second, .priority = 5}), changed(JobState::kQueued));
  EXPECT_EQ(find(second).priority, 5);
  EXPECT_EQ(claim_one().id, second);
  complete(claim_one());
  EXPECT_EQ(find(first).priority, 0);
}

TEST_P(StoreOperations, MovesWhenAJobIsDue) {
  const JobId id = put();
  EXPECT_EQ(update({.id = id, .delay = hours{2}}), changed(JobState::kScheduled));
  EXPECT_EQ(find(id).run_at, now() + hours{2});
  EXPECT_THAT(claim(), IsEmpty());
  EXPECT_EQ(update({.id = id, .run_at = now() + hours{1}}), changed(JobState::kScheduled));
  EXPECT_EQ(find(id).run_at, now() + hours{1});
  EXPECT_EQ(update({.id = id, .priority = -3}), changed(JobState::kScheduled));
  EXPECT_EQ(update({.id = id, .run_at = now()}), changed(JobState::kQueued));
  EXPECT_EQ(claim_one().id, id);
}

TEST_P(StoreOperations, WakesWhoWaitsForAJobThatIsPutForward) {
  const JobId id = put({.task = "t.run", .delay = hours{1}});
  const std::vector<std::string> domains{"default"};
  const std::unique_ptr<WakeUp> sleeper = store().make_wake_up(domains);
  sleeper->wait_for(milliseconds{1});
  update({.id = id, .delay = milliseconds{0}});
  const auto begin = std::chrono::steady_clock::now();
  sleeper->wait_for(seconds{30});
  EXPECT_LT(std::chrono::steady_clock::now() - begin, seconds{20});
}

TEST_P(StoreOperations, ReplacesArgumentsWithTheirBytes) {
  const JobId id =
      put({.task = "t.run", .args = R"({"a":1})", .attachments = {"one", "two", "three"}});
  const Epoch before = find(id).epoch;
  EXPECT_EQ(
      update({.id = id,
              .arguments =
                  NewArguments{.read = before, .args = R"({"a":2})", .attachments = {"new"}}}),
      changed(JobState::kQueued));
  EXPECT_TRUE(same_json(find(id).args, R"({"a":2})"));
  EXPECT_THAT(store().load_attachments(id, Store::Attachments::kArguments), ElementsAre("new"));
  EXPECT_EQ(
      update({.id = id, .arguments = NewArguments{.read = find(id).epoch, .args = R"({"a":3})"}}),
      changed(JobState::kQueued));
  EXPECT_THAT(store().load_attachments(id, Store::Attachments::kArguments), IsEmpty());
  const ClaimedJob job = claim_one();
  EXPECT_TRUE(same_json(job.args, R"({"a":3})"));
  EXPECT_FALSE(job.has_attachments);
}

TEST_P(StoreOperations, GivesAClaimTheNewArguments) {
  const JobId id = put({.task = "t.run", .args = R"({"short":1})"});
  update({.id = id,
          .arguments =
              NewArguments{.read = find(id).epoch, .args = R"({"b":2})", .attachments = {"x"}}});
  const ClaimedJob job = claim_one();
  EXPECT_TRUE(same_json(job.args, R"({"b":2})"));
  EXPECT_TRUE(job.has_attachments);
}

TEST_P(StoreOperations, OverwritesNoArgumentsThatWereNeverRead) {
  const JobId id = put();
  const Epoch read = find(id).epoch;
  EXPECT_EQ(update({.id = id, .arguments = NewArguments{.read = read, .args = R"({"a":1})"}}),
            changed(JobState::kQueued));
  EXPECT_EQ(
      update({.id = id,
              .priority = 9,
              .arguments =
                  NewArguments{.read = read, .args = R"({"a":2})", .attachments = {"orphan"}}}),
      (OperationResult{.kind = Kind::kStale, .state = JobState::kQueued}));
  EXPECT_TRUE(same_json(find(id).args, R"({"a":1})"));
  EXPECT_EQ(find(id).priority, 0);
  EXPECT_THAT(store().load_attachments(id, Store::Attachments::kArguments), IsEmpty());
}

TEST_P(StoreOperations, ChangesNothingOfJobsThatRunOrHaveEnded) {
  const ClaimedJob running = put_and_claim({.task = "t.run", .args = R"({"a":1})"});
  const JobId failed = put_and_fail().id;
  const JobId queued = put();
  const std::vector<JobUpdate> updates{
      {.id = failed, .priority = 3},
      {.id = running.id,
       .priority = 3,
       .arguments = NewArguments{.read = running.epoch, .args = "{}", .attachments = {"x"}}},
      {.id = JobId{999'999}, .priority = 3},
      {.id = queued, .priority = 3}};
  EXPECT_THAT(store().update_jobs(updates),
              ElementsAre(refused(JobState::kFailed), refused(JobState::kRunning),
                          OperationResult{}, changed(JobState::kQueued)));
  EXPECT_EQ(find(failed).priority, 0);
  EXPECT_EQ(find(running.id).priority, 0);
  EXPECT_TRUE(same_json(find(running.id).args, R"({"a":1})"));
  EXPECT_THAT(store().load_attachments(running.id, Store::Attachments::kArguments), IsEmpty());
  EXPECT_EQ(complete(running), WriteResult::kAccepted);
}

TEST_P(StoreOperations, RefusesTwoUpdatesOfOneJob) {
  const JobId id = put();
  const std::vector<JobUpdate> updates{{.id = id, .priority = 1}, {.id = id, .priority = 2}};
  EXPECT_THROW(store().update_jobs(updates), Error);
  EXPECT_EQ(find(id).priority, 0);
}

TEST_P(StoreOperations, ChangesWhatWaitsForItsNextAttempt) {
  const ClaimedJob job = put_and_claim({.task = "t.run", .max_attempts = 2});
  complete({.id = job.id,
            .epoch = job.epoch,
            .outcome = Outcome::kFailed,
            .delay = hours{1},
            .cause = "error",
            .error = kOperationError});
  EXPECT_EQ(update({.id = job.id,
                    .delay = milliseconds{0},
                    .arguments = NewArguments{.read = find(job.id).epoch, .args = R"({"a":2})"}}),
            changed(JobState::kQueued));
  const ClaimedJob again = claim_one();
  EXPECT_EQ(again.failures, 1);
  EXPECT_TRUE(same_json(again.args, R"({"a":2})"));
}

// --- Delete
// ---------------------------------------------------------------------------------------

TEST_P(StoreOperations, DeletesAJobWithAllThatBelongsToIt) {
  const ClaimedJob failed =
      put_and_claim({.task = "t.run", .attachments = {"in"}, .idempotency_key = "k"});
  EXPECT_EQ(log(failed.id, failed.epoch), WriteResult::kAccepted);
  fail(failed);
  EXPECT_EQ(remove(failed.id), changed(JobState::kFailed));
  EXPECT_FALSE(store().find_job(failed.id).has_value());
  EXPECT_THAT(store().list_attempts(failed.id), IsEmpty());
  EXPECT_THAT(store().read_log(failed.id, 1, 10), IsEmpty());
  EXPECT_THAT(store().load_attachments(failed.id, Store::Attachments::kArguments), IsEmpty());
  EXPECT_EQ(remove(failed.id), OperationResult{});
  const NewJob again{.task = "t.run", .idempotency_key = "k"};
  EXPECT_TRUE(store().enqueue({&again, 1}).at(0).inserted);
}

TEST_P(StoreOperations, DeletesWhatWaitsAndNothingThatRuns) {
  const ClaimedJob running = put_and_claim();
  const ClaimedJob ended = put_and_claim();
  const JobId done = ended.id;
  complete(ended);
  const JobId scheduled = put({.task = "t.run", .delay = hours{1}});
  const JobId queued = put();
  const std::vector<JobId> ids{queued, running.id, scheduled, JobId{999'999}, done, queued};
  EXPECT_THAT(store().delete_jobs(ids),
              ElementsAre(changed(JobState::kQueued), refused(JobState::kRunning),
                          changed(JobState::kScheduled), OperationResult{},
                          changed(JobState::kDone), changed(JobState::kQueued)));
  EXPECT_THAT(store().list_jobs({}), SizeIs(1));
  EXPECT_THAT(claim(), IsEmpty());
  EXPECT_EQ(complete(running), WriteResult::kAccepted);
}

TEST_P(StoreOperations, CountsLogLines) {
  const ClaimedJob job = put_and_claim();
  const JobId silent = put();
  for (int i = 0; i < 3; ++i) log(job.id, job.epoch);
  const std::vector<JobId> ids{silent, job.id, JobId{999'999}, job.id};
  EXPECT_THAT(store().count_log_lines(ids), ElementsAre(0, 3, 0, 3));
  EXPECT_THAT(store().count_log_lines({}), IsEmpty());
}

// --- Races
// ----------------------------------------------------------------------------------------

TEST_P(StoreOperations, DeletesAJobOrLetsItBeClaimedNeverBoth) {
  for (int round = 0; round < 20; ++round) {
    const JobId id = put();
    std::vector<ClaimedJob> claimed;
    OperationResult removed;
    const WorkerId as = worker();
    {
      std::jthread claimer{[&] { claimed = claim(request(as)); }};
      std::jthread remover{[&] { removed = remove(id); }};
    }
    if (claimed.empty() && removed.kind == Kind::kWrongState) {
      ADD_FAILURE() << "nobody has the job, and it was not deleted";
    }
    EXPECT_NE(claimed.empty(), removed.kind == Kind::kWrongState);
    EXPECT_EQ(store().find_job(id).has_value(), removed.kind == Kind::kWrongState);
    for (const ClaimedJob& job : claimed) EXPECT_EQ(complete(job), WriteResult::kAccepted);
  }
}

TEST_P(StoreOperations, RunsAJobWithOldArgumentsOrWithNewOnesAndSaysWhich) {
  for (int round = 0; round < 20; ++round) {
    const JobId id = put({.task = "t.run", .args = R"({"a":1})"});
    const Epoch read = find(id).epoch;
    std::vector<ClaimedJob> claimed;
    OperationResult result;
    const WorkerId as = worker();
    {
      std::jthread claimer{[&] { claimed = claim(request(as)); }};
      std::jthread updater{[&] {
        result = update(
            {.id = id,
             .arguments = NewArguments{.read = read, .args = R"({"a":2})", .attachments = {"x"}}});
      }};
    }
    if (claimed.empty()) claimed = claim();  // the row was locked at that moment
    ASSERT_THAT(claimed, SizeIs(1));
    const bool is_new = result.kind == Kind::kChanged;
    EXPECT_TRUE(same_json(claimed[0].args, is_new ? R"({"a":2})" : R"({"a":1})"));
    EXPECT_EQ(claimed[0].has_attachments, is_new);
    EXPECT_THAT(store().load_attachments(id, Store::Attachments::kArguments),
                SizeIs(is_new ? 1 : 0));
    EXPECT_EQ(complete(claimed[0]), WriteResult::kAccepted);
  }
}

TEST_P(StoreOperations, QueuesAJobOnceHoweverManyRetryIt) {
  for (int round = 0; round < 10; ++round) {
    const ClaimedJob job = put_and_fail();
    std::atomic<int> retried{0};
    {
      std::vector<std::jthread> threads;
      threads.reserve(4);
      for (int i = 0; i < 4; ++i) {
        threads.emplace_back([&] {
          if (retry(job.id).kind == Kind::kChanged) retried.fetch_add(1);
        });
      }
    }
    EXPECT_EQ(retried.load(), 1);
    EXPECT_EQ(find(job.id).epoch.value, job.epoch.value + 1);
    complete(claim_one());
  }
}

TEST_P(StoreOperations, RetriesWhatIsJustEndingOrRefuses) {
  for (int round = 0; round < 20; ++round) {
    const ClaimedJob job = put_and_claim();
    OperationResult result;
    {
      std::jthread completer{[&] { fail(job); }};
      std::jthread retrier{[&] { result = retry(job.id); }};
    }
    const JobRecord record = find(job.id);
    if (result.kind == Kind::kChanged) {
      EXPECT_EQ(record.state, JobState::kQueued);
      complete(claim_one());
    } else {
      EXPECT_EQ(result, refused(JobState::kRunning));
      EXPECT_EQ(record.state, JobState::kFailed);
    }
    EXPECT_EQ(record.attempts, 1);
  }
}

TEST_P(StoreOperations, FreesNoJobOfADeadWorkerThatWasRetriedMeanwhile) {
  for (int round = 0; round < 10; ++round) {
    const WorkerId holder = new_worker();
    put();
    const ClaimedJob job = claim_one(holder);
    {
      std::jthread rescuer{[&] { rescue(holder, std::vector<StartedJob>{started(job)}); }};
      std::jthread aborter{[&] {
        store().abort(job.id, "");
        retry(job.id);
      }};
      std::jthread remover{[&] { remove(job.id); }};
    }
    // Wherever it stands, it stands there once, and nobody writes to it with the old epoch.
    EXPECT_EQ(complete(job), WriteResult::kFenced);
    const std::optional<JobRecord> record = store().find_job(job.id);
    if (record) {
      EXPECT_NE(record->state, JobState::kRunning);
      EXPECT_NE(remove(job.id).kind, Kind::kWrongState);
    }
    EXPECT_THAT(store().list_jobs({}), IsEmpty());
  }
}

TEST_P(StoreOperations, KeepsEveryJobWhileAllOperateOnAll) {
  std::vector<JobId> ids = put_many(60);
  const std::vector<JobId> kept(ids.begin(), ids.begin() + 30);
  const std::vector<JobId> doomed(ids.begin() + 30, ids.end());
  std::atomic<bool> is_over{false};
  std::atomic<int> runs{0};
  const auto work = [&](Store& through, WorkerId as) {
    const ClaimRequest more = request(as, 5);
    std::vector<Completion> ends;
    while (!is_over || !ends.empty()) {
      const Exchange exchange = through.exchange(ends, &more);
      ends.clear();
      for (const ClaimedJob& job : exchange.claimed) {
        runs.fetch_add(1);
        ends.push_back({.id = job.id,
                        .epoch = job.epoch,
                        .outcome = job.id.value % 2 == 0 ? Outcome::kFailed : Outcome::kDone,
                        .cause = "error"});
      }
    }
  };
  Store& other = open_another();
  const WorkerId first = new_worker();
  const WorkerId second = new_worker();
  {
    std::jthread one{[&] { work(store(), first); }};
    std::jthread two{[&] { work(other, second); }};
    std::jthread retrier{[&] {
      std::vector<JobId> backwards(ids.rbegin(), ids.rend());
      for (int i = 0; i < 15; ++i) store().retry_jobs(backwards, RetryOf::kAnyEnd);
      is_over = true;
    }};
    std::jthread updater{[&] {
      std::vector<JobUpdate> updates;
      for (const JobId id : ids)
        updates.push_back({.id = id, .priority = static_cast<int>(id.value % 3)});
      for (int i = 0; i < 15; ++i) other.update_jobs(updates);
    }};
    std::jthread remover{[&] {
      for (int i = 0; i < 15; ++i) other.delete_jobs(doomed);
    }};
  }
  // What was in the hands of a worker when the others had ended is completed; the rest waits or has
  // ended, and nothing of those that nobody deleted was lost.
  for (const JobId id : kept) EXPECT_TRUE(store().find_job(id).has_value()) << id.value;
  EXPECT_THAT(store().list_jobs({.states = {JobState::kRunning}}), IsEmpty());
  EXPECT_GE(runs.load(), 30);
  store().delete_jobs(ids);
  EXPECT_THAT(store().list_jobs({}), IsEmpty());
}

}  // namespace
}  // namespace stint::test
