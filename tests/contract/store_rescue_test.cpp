#include "support/store_contract.hpp"

namespace stint::test {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::Ge;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Le;
using ::testing::SizeIs;

class StoreRescue : public StoreContract {
 protected:
  // Crash the job `times` times in the way `page` says; it is due again afterwards.
  void crash(JobId id, int times, bool page) {
    for (int i = 0; i < times; ++i) {
      const WorkerId victim = new_worker();
      const ClaimedJob job = claim_one(victim);
      ASSERT_EQ(job.id, id);
      rescue(victim, page ? std::optional{std::vector{started(job)}} : std::nullopt);
      advance(minutes{20});
    }
  }

  // Within 20 % of what was meant.
  static auto about(seconds pause) {
    return AllOf(Ge(std::chrono::duration_cast<microseconds>(pause) * 8 / 10),
                 Le(std::chrono::duration_cast<microseconds>(pause) * 12 / 10));
  }
  microseconds pause_of(JobId id) {
    return std::chrono::duration_cast<microseconds>(find(id).run_at - now());
  }
};
STINT_ON_EVERY_STORE_IN_PROCESS(StoreRescue);

TEST_P(StoreRescue, LeavesAWorkerAloneThatMovedOn) {
  const ClaimedJob job = put_and_claim();
  const std::int64_t seen = store().list_workers(true).at(0).beat;
  EXPECT_TRUE(store().beat(worker()));
  const RescueResult result = store().rescue({.worker = worker(), .beat = seen});
  EXPECT_FALSE(result.was_dead);
  EXPECT_EQ(result.crashed + result.interrupted + result.failed, 0);
  EXPECT_TRUE(store().beat(worker()));
  EXPECT_EQ(find(job.id).state, JobState::kRunning);
  EXPECT_EQ(complete(job), WriteResult::kAccepted);
}

TEST_P(StoreRescue, RescuesOnce) {
  put_and_claim();
  const RescueRequest request{.worker = worker(), .beat = 0, .started = std::vector<StartedJob>{}};
  EXPECT_TRUE(store().rescue(request).was_dead);
  EXPECT_FALSE(store().rescue(request).was_dead);
}

TEST_P(StoreRescue, KnowsNoWorkerThatIsNotStored) {
  EXPECT_FALSE(store().rescue({.worker = WorkerId{4711}, .beat = 0}).was_dead);
}

TEST_P(StoreRescue, TellsTheDeadToRegisterAnew) {
  EXPECT_TRUE(store().beat(worker()));
  EXPECT_TRUE(rescue(worker(), std::nullopt).was_dead);
  EXPECT_FALSE(store().beat(worker()));
  EXPECT_THAT(store().list_workers(true), IsEmpty());
  const std::vector<WorkerRecord> all = store().list_workers(false);
  ASSERT_THAT(all, SizeIs(1));
  EXPECT_EQ(all[0].state, WorkerState::kDead);
  EXPECT_EQ(all[0].running, 0);
}

TEST_P(StoreRescue, ChargesTheJobsThatHadBegunAndGivesBackTheOthers) {
  put_many(3);
  const std::vector<ClaimedJob> jobs = claim();
  const StoreTime run_at = find(jobs[0].id).run_at;
  const RescueResult result = rescue(worker(), std::vector{started(jobs[1]), started(jobs[2])});
  EXPECT_TRUE(result.was_dead);
  EXPECT_EQ(result.crashed, 2);
  EXPECT_EQ(result.interrupted, 1);
  EXPECT_EQ(result.failed, 0);

  const JobRecord free = find(jobs[0].id);
  EXPECT_EQ(free.state, JobState::kQueued);
  EXPECT_EQ(free.interruptions, 1);
  EXPECT_EQ(free.crashes, 0);
  EXPECT_EQ(free.attempts, 0);
  EXPECT_EQ(free.run_at, run_at);
  EXPECT_GT(free.epoch, jobs[0].epoch);
  EXPECT_FALSE(free.worker);
  EXPECT_THAT(store().list_attempts(free.id), IsEmpty());

  const JobRecord charged = find(jobs[1].id);
  EXPECT_EQ(charged.state, JobState::kScheduled);
  EXPECT_EQ(charged.crashes, 1);
  EXPECT_EQ(charged.attempts, 1);
  EXPECT_EQ(charged.failures, 0);
  EXPECT_EQ(charged.interruptions, 0);
  EXPECT_GT(charged.epoch, jobs[1].epoch);
  EXPECT_FALSE(charged.worker);
  EXPECT_EQ(charged.cause, "crash");
}

TEST_P(StoreRescue, RemembersACrashAndNamesTheWorker) {
  const ClaimedJob job = put_and_claim();
  rescue(worker(), std::vector{started(job)});
  const std::vector<AttemptRecord> attempts = store().list_attempts(job.id);
  ASSERT_THAT(attempts, SizeIs(1));
  EXPECT_EQ(attempts[0].attempt, 1);
  EXPECT_EQ(attempts[0].epoch, job.epoch);
  EXPECT_EQ(attempts[0].worker, worker());
  EXPECT_EQ(attempts[0].cause, "crash");
  EXPECT_EQ(attempts[0].ended_at, now());
  EXPECT_THAT(message_of(attempts[0].error), HasSubstr("worker " + std::to_string(worker().value)));
}

TEST_P(StoreRescue, ChargesNobodyForAnEntryOfAnOldEpoch) {
  const ClaimedJob job = put_and_claim();
  const RescueResult result =
      rescue(worker(), std::vector{StartedJob{job.id, Epoch{job.epoch.value - 1}}});
  EXPECT_EQ(result.crashed, 0);
  EXPECT_EQ(result.interrupted, 1);
}

TEST_P(StoreRescue, ChargesAllWithoutThePage) {
  put_many(3);
  const std::vector<ClaimedJob> jobs = claim();
  const RescueResult result = rescue(worker(), std::nullopt);
  EXPECT_EQ(result.crashed, 3);
  EXPECT_EQ(result.interrupted, 0);
  for (const ClaimedJob& job : jobs) EXPECT_EQ(find(job.id).crashes, 1);
}

TEST_P(StoreRescue, PausesLongerAfterEachCrash) {
  const JobId id = put({.task = "t.run", .max_attempts = 1});
  seconds expected{10};
  // Never alone at the first, so that the limit of three comes with the fourth.
  for (int i = 0; i < 3; ++i) {
    const WorkerId victim = new_worker();
    ASSERT_EQ(claim_one(victim).id, id);
    rescue(victim, std::nullopt);
    EXPECT_THAT(pause_of(id), about(expected)) << "after crash " << i + 1;
    EXPECT_THAT(claim(), IsEmpty());
    expected *= 2;
    advance(minutes{20});
  }
}

TEST_P(StoreRescue, FailsAJobThatCrashedThreeTimesAlone) {
  // The only job in a page that can be read: it ran alone each time.
  const JobId id = put();
  crash(id, 2, true);
  EXPECT_EQ(find(id).state, JobState::kQueued);
  const WorkerId victim = new_worker();
  const ClaimedJob job = claim_one(victim);
  const RescueResult result = rescue(victim, std::vector{started(job)});
  EXPECT_EQ(result.failed, 1);
  EXPECT_EQ(result.interrupted, 0);
  const JobRecord record = find(id);
  EXPECT_EQ(record.state, JobState::kFailed);
  EXPECT_EQ(record.cause, "crash limit");
  EXPECT_EQ(record.crashes, 3);
  EXPECT_EQ(record.attempts, 3);
  EXPECT_EQ(record.failures, 0);
  EXPECT_EQ(record.finished_at, now());
  EXPECT_THAT(store().list_attempts(id), SizeIs(3));
  EXPECT_EQ(complete(job), WriteResult::kFenced);
}

TEST_P(StoreRescue, CountsOnlyCrashesThatAJobHadAlone) {
  // Without the page the first crash may have been another job's doing; later it is run alone.
  const JobId id = put();
  crash(id, 3, false);
  EXPECT_EQ(find(id).state, JobState::kQueued);
  EXPECT_EQ(find(id).crashes, 3);
  crash(id, 1, false);
  EXPECT_EQ(find(id).state, JobState::kFailed);
  EXPECT_EQ(find(id).cause, "crash limit");
}

TEST_P(StoreRescue, TakesNeitherOfTwoForAlone) {
  put_many(2);
  const std::vector<ClaimedJob> jobs = claim();
  rescue(worker(), std::vector{started(jobs[0]), started(jobs[1])});
  advance(minutes{20});
  // From now on alone: three more crashes, not two.
  const std::vector<ClaimedJob> again = claim(request(new_worker()));
  ASSERT_THAT(again, SizeIs(2));
  for (const ClaimedJob& job : again) {
    complete(job, job.id == jobs[0].id ? Outcome::kInterrupted : Outcome::kDone);
  }
  crash(jobs[0].id, 2, true);
  EXPECT_EQ(find(jobs[0].id).state, JobState::kQueued);
  crash(jobs[0].id, 1, true);
  EXPECT_EQ(find(jobs[0].id).state, JobState::kFailed);
}

TEST_P(StoreRescue, NeverRunsAnAtMostOnceJobAgain) {
  put_many(2, {.task = "t.run", .max_attempts = 5, .flags = {JobFlags::kAtMostOnce}});
  const std::vector<ClaimedJob> jobs = claim();
  const RescueResult result = rescue(worker(), std::vector{started(jobs[0])});
  EXPECT_EQ(result.failed, 1);
  EXPECT_EQ(result.interrupted, 1);
  EXPECT_EQ(find(jobs[0].id).state, JobState::kFailed);
  EXPECT_EQ(find(jobs[0].id).cause, "crash");
  // It had not begun, so that it may still run once.
  EXPECT_EQ(find(jobs[1].id).state, JobState::kQueued);
}

TEST_P(StoreRescue, EndsAJobThatWasToStop) {
  put_many(2);
  const std::vector<ClaimedJob> jobs = claim();
  for (const ClaimedJob& job : jobs) store().abort(job.id, "stop it");
  EXPECT_TRUE(rescue(worker(), std::vector{started(jobs[0])}).was_dead);
  for (const ClaimedJob& job : jobs) {
    EXPECT_EQ(find(job.id).state, JobState::kAborted);
    EXPECT_EQ(find(job.id).cause, "aborted");
    EXPECT_EQ(message_of(find(job.id).error), "stop it");
  }
  advance(hours{1});
  EXPECT_THAT(claim(request(new_worker())), IsEmpty());
}

TEST_P(StoreRescue, LeavesTheJobsOfOthers) {
  const WorkerId healthy = new_worker();
  put();
  const ClaimedJob theirs = claim_one(healthy);
  put_and_claim();
  rescue(worker(), std::nullopt);
  EXPECT_EQ(find(theirs.id).state, JobState::kRunning);
  EXPECT_EQ(complete(theirs), WriteResult::kAccepted);
}

TEST_P(StoreRescue, GivesARescuedJobToTheNextWorker) {
  const ClaimedJob old = put_and_claim();
  rescue(worker(), std::vector<StartedJob>{});
  const ClaimedJob next = claim_one(new_worker());
  EXPECT_EQ(next.id, old.id);
  EXPECT_GT(next.epoch.value, old.epoch.value + 1);
}

class StoreWorkers : public StoreContract {};
STINT_ON_EVERY_STORE_IN_PROCESS(StoreWorkers);

TEST_P(StoreWorkers, KeepsWhatAWorkerSaysOfItself) {
  const WorkerInfo info{.node = "n7",
                        .host = "h.example",
                        .pid = 123,
                        .boot_id = "b-1",
                        .page = "/run/stint/page",
                        .slots = 12,
                        .domains = "mail=10,bulk=2",
                        .version = "1.2.3"};
  const WorkerId id = store().register_worker(info);
  EXPECT_GT(id.value, 0);
  const std::vector<WorkerRecord> workers = store().list_workers(true);
  ASSERT_THAT(workers, SizeIs(1));
  EXPECT_EQ(workers[0].id, id);
  EXPECT_EQ(workers[0].info.node, info.node);
  EXPECT_EQ(workers[0].info.host, info.host);
  EXPECT_EQ(workers[0].info.pid, info.pid);
  EXPECT_EQ(workers[0].info.boot_id, info.boot_id);
  EXPECT_EQ(workers[0].info.page, info.page);
  EXPECT_EQ(workers[0].info.slots, info.slots);
  EXPECT_EQ(workers[0].info.domains, info.domains);
  EXPECT_EQ(workers[0].info.version, info.version);
  EXPECT_EQ(workers[0].state, WorkerState::kAlive);
  EXPECT_EQ(workers[0].started_at, now());
  EXPECT_EQ(workers[0].beat_at, now());
  EXPECT_EQ(workers[0].running, 0);
}

TEST_P(StoreWorkers, GivesEachItsOwnId) { EXPECT_NE(new_worker(), new_worker()); }

TEST_P(StoreWorkers, CountsBeats) {
  const std::int64_t before = (worker(), store().list_workers(true).at(0).beat);
  advance(seconds{10});
  EXPECT_TRUE(store().beat(worker()));
  EXPECT_EQ(store().list_workers(true).at(0).beat, before + 1);
  EXPECT_EQ(store().list_workers(true).at(0).beat_at, now());
}

TEST_P(StoreWorkers, HasNoBeatOfAStranger) { EXPECT_FALSE(store().beat(WorkerId{4711})); }

TEST_P(StoreWorkers, CountsTheJobsThatAWorkerHolds) {
  put_many(3);
  EXPECT_THAT(claim(2), SizeIs(2));
  new_worker();
  const std::vector<WorkerRecord> workers = store().list_workers(true);
  ASSERT_THAT(workers, SizeIs(2));
  for (const WorkerRecord& record : workers) {
    EXPECT_EQ(record.running, record.id == worker() ? 2 : 0);
  }
}

TEST_P(StoreWorkers, GivesTheJobsOfALeaverBack) {
  const JobId id = put({.task = "t.run", .max_attempts = 1});
  const ClaimedJob job = claim_one();
  store().retire_worker(worker());
  const JobRecord record = find(id);
  EXPECT_EQ(record.state, JobState::kQueued);
  EXPECT_EQ(record.interruptions, 1);
  EXPECT_EQ(record.crashes, 0);
  EXPECT_EQ(record.failures, 0);
  EXPECT_FALSE(record.worker);
  EXPECT_THAT(store().list_attempts(id), IsEmpty());
  EXPECT_FALSE(store().beat(worker()));
  EXPECT_THAT(store().list_workers(true), IsEmpty());
  EXPECT_EQ(store().list_workers(false).at(0).state, WorkerState::kStopped);
  EXPECT_EQ(claim_one(new_worker()).id, id);
}

TEST_P(StoreWorkers, EndsTheJobsOfALeaverThatWereToStop) {
  const ClaimedJob job = put_and_claim();
  store().abort(job.id, "stop it");
  store().retire_worker(worker());
  EXPECT_EQ(find(job.id).state, JobState::kAborted);
  EXPECT_EQ(message_of(find(job.id).error), "stop it");
}

TEST_P(StoreWorkers, CannotRescueALeaver) {
  store().retire_worker(worker());
  EXPECT_FALSE(store().rescue({.worker = worker(), .beat = 0}).was_dead);
}

TEST_P(StoreWorkers, RetiresTheDeadAndStrangersWithoutHarm) {
  rescue(worker(), std::nullopt);
  store().retire_worker(worker());
  store().retire_worker(WorkerId{4711});
  EXPECT_EQ(store().list_workers(false).at(0).state, WorkerState::kDead);
}

TEST_P(StoreWorkers, RemovesThoseThatEndedLongAgo) {
  const WorkerId dead = new_worker();
  const WorkerId left = new_worker();
  worker();
  rescue(dead, std::nullopt);
  store().retire_worker(left);
  advance(hours{1});
  EXPECT_EQ(store().purge_workers(hours{2}), 0);
  const WorkerId left_later = new_worker();
  store().retire_worker(left_later);
  advance(hours{1} + seconds{1});
  EXPECT_EQ(store().purge_workers(hours{2}), 2);
  EXPECT_THAT(store().list_workers(false), SizeIs(2));
  EXPECT_TRUE(store().beat(worker()));
}

}  // namespace
}  // namespace stint::test
