// The history checker must accept what can be true, and say of the rest why it cannot.
#include "support/history_check.hpp"
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include "support/kill_check.hpp"
#include "support/temporary_folder.hpp"

namespace stint::test {
namespace {

using std::chrono::nanoseconds;
using ::testing::SizeIs;

constexpr JobId kJob{7};
constexpr WorkerId kOne{1};
constexpr WorkerId kTwo{2};

/// A history by hand: each operation takes from 10 t to 10 t + 5, so that equal numbers overlap.
class Written {
 public:
  Written& add(int t, Operation one, Reply reply = Reply::kOk) {
    one.reply = reply;
    one.invoked = nanoseconds{t * 10};
    if (reply != Reply::kUnknown) one.returned = nanoseconds{t * 10 + 5};
    history_.operations.push_back(one);
    return *this;
  }
  Written& enqueue(int t, Reply reply = Reply::kOk) {
    return add(t, {.action = Action::kEnqueue, .job = kJob, .name = "a"}, reply);
  }
  Written& claim(int t, WorkerId worker, std::int64_t epoch, Reply reply = Reply::kOk) {
    return add(t, {.action = Action::kClaim, .job = kJob, .epoch = Epoch{epoch}, .worker = worker},
               reply);
  }
  /// Whose reply nobody saw: any job.
  Written& lost_claim(int t, WorkerId worker) {
    return add(t, {.action = Action::kClaim, .worker = worker}, Reply::kUnknown);
  }
  Written& start(int t, WorkerId worker, std::int64_t epoch) {
    return add(t, {.action = Action::kStart, .job = kJob, .epoch = Epoch{epoch}, .worker = worker});
  }
  Written& told(int t, WorkerId worker, std::int64_t epoch) {
    return add(t, {.action = Action::kTold, .job = kJob, .epoch = Epoch{epoch}, .worker = worker});
  }
  Written& complete(int t, std::int64_t epoch, Reply reply = Reply::kOk,
                    Outcome outcome = Outcome::kDone) {
    return add(t,
               {.action = Action::kComplete,
                .job = kJob,
                .epoch = Epoch{epoch},
                .outcome = outcome,
                .output = std::to_string(epoch)},
               reply);
  }
  Written& abort(int t, JobState state, Reply reply = Reply::kOk) {
    return add(t, {.action = Action::kAbort, .job = kJob, .state = state}, reply);
  }
  Written& retry(int t, Reply reply = Reply::kOk) {
    return add(t, {.action = Action::kRetry, .job = kJob}, reply);
  }
  Written& work(int t, Action action, WorkerId worker, Reply reply = Reply::kOk,
                std::int64_t beat = 0) {
    return add(t, {.action = action, .worker = worker, .beat = beat}, reply);
  }
  Written& rescue(int t, WorkerId worker, Reply reply = Reply::kOk, std::int64_t beat = 0) {
    return work(t, Action::kRescue, worker, reply, beat);
  }
  Written& store(JobState state, std::int64_t epoch, const std::string& output = "") {
    history_.operations.push_back({.action = Action::kStored,
                                   .reply = Reply::kOk,
                                   .invoked = Operation::kNever,
                                   .job = kJob,
                                   .epoch = Epoch{epoch},
                                   .state = state,
                                   .output = output});
    return *this;
  }
  Written& store_worker(WorkerId worker, WorkerState state, std::int64_t beat = 0) {
    history_.operations.push_back({.action = Action::kStored,
                                   .reply = Reply::kOk,
                                   .invoked = Operation::kNever,
                                   .worker = worker,
                                   .worker_state = state,
                                   .beat = beat});
    return *this;
  }
  Written& drained() {
    history_.is_drained = true;
    return *this;
  }

  const History& history() const { return history_; }

 private:
  History history_;
};

Written done_once() { return Written{}.enqueue(1).claim(2, kOne, 1).start(3, kOne, 1); }

void expect_legal(const Written& written) {
  const HistoryVerdict verdict = check_history(written.history());
  EXPECT_TRUE(verdict.witnesses.empty()) << describe(verdict.witnesses.front());
}

/// One breach, shown by so many facts.
void expect_breach(const Written& written, Breach breach, std::size_t facts) {
  const HistoryVerdict verdict = check_history(written.history());
  ASSERT_THAT(verdict.witnesses, SizeIs(1));
  EXPECT_EQ(to_string(verdict.witnesses[0].breach), to_string(breach))
      << describe(verdict.witnesses[0]);
  EXPECT_THAT(verdict.witnesses[0].facts, SizeIs(facts)) << describe(verdict.witnesses[0]);
}

TEST(HistoryCheck, AcceptsALifeWithoutFaults) {
  expect_legal(done_once().complete(4, 1).store(JobState::kDone, 1, "1").drained());
}

TEST(HistoryCheck, AcceptsARescueAndAFencedCompletion) {
  expect_legal(done_once()
                   .rescue(4, kOne)
                   .claim(5, kTwo, 3)
                   .complete(6, 1, Reply::kRefused)
                   .complete(7, 3)
                   .store(JobState::kDone, 3, "3"));
}

TEST(HistoryCheck, AcceptsEitherOrderOfWhatOverlaps) {
  for (const bool is_first_fenced : {true, false}) {
    const Reply first = is_first_fenced ? Reply::kRefused : Reply::kOk;
    Written written = done_once().complete(4, 1, first).rescue(4, kOne);
    if (is_first_fenced) {
      written.store(JobState::kQueued, 2);
    } else {
      written.store(JobState::kDone, 1, "1");
    }
    expect_legal(written);
  }
}

TEST(HistoryCheck, LetsWhatIsUnknownHappenOrNot) {
  // The completion took effect, or the job goes on; the reply tells neither.
  expect_legal(done_once().complete(4, 1, Reply::kUnknown).store(JobState::kDone, 1, "1"));
  expect_legal(done_once().complete(4, 1, Reply::kUnknown).store(JobState::kRunning, 1));
  expect_legal(Written{}.enqueue(1, Reply::kUnknown).store(JobState::kQueued, 0));
  expect_legal(Written{}.enqueue(1, Reply::kUnknown));
  expect_legal(Written{}.enqueue(1).abort(2, {}, Reply::kUnknown).store(JobState::kAborted, 0));
  expect_legal(Written{}.enqueue(1).abort(2, {}, Reply::kUnknown).store(JobState::kQueued, 0));
  // Nobody saw that it was claimed, and given up again.
  expect_legal(Written{}
                   .enqueue(1)
                   .lost_claim(2, kOne)
                   .rescue(3, kOne)
                   .claim(4, kTwo, 3)
                   .complete(5, 3)
                   .store(JobState::kDone, 3, "3"));
  // Late: it was on its way when another looked.
  expect_legal(done_once()
                   .complete(4, 1, Reply::kUnknown, Outcome::kSnoozed)
                   .claim(9, kTwo, 2)
                   .complete(10, 2)
                   .store(JobState::kDone, 2, "2"));
}

TEST(HistoryCheck, TakesWhatIsBroughtAgainForOne) {
  // It took effect at once, as the second reply says, long before the second call.
  expect_legal(done_once()
                   .complete(4, 1, Reply::kUnknown, Outcome::kFailed)
                   .claim(5, kTwo, 2)
                   .complete(6, 1, Reply::kOk, Outcome::kFailed)
                   .complete(7, 2)
                   .store(JobState::kDone, 2, "2"));
}

TEST(HistoryCheck, DoesNotLetTheUnknownHappenBeforeItWasAskedFor) {
  expect_breach(Written{}
                    .enqueue(1)
                    .claim(2, kOne, 1)
                    .claim(3, kTwo, 2)
                    .complete(5, 1, Reply::kUnknown, Outcome::kSnoozed)
                    .store(JobState::kRunning, 2),
                Breach::kClaimedTwice, 2);
}

TEST(HistoryCheck, SeesALostJob) { expect_breach(Written{}.enqueue(1), Breach::kLost, 2); }

TEST(HistoryCheck, SeesAJobThatWasNotDoneAtTheEnd) {
  expect_breach(Written{}.enqueue(1).store(JobState::kQueued, 0).drained(), Breach::kNotEnded, 1);
}

TEST(HistoryCheck, SeesAJobThatNobodyEnqueued) {
  expect_breach(Written{}.store(JobState::kQueued, 0), Breach::kNeverEnqueued, 1);
  expect_breach(Written{}.enqueue(1, Reply::kFailed).claim(2, kOne, 1).store(JobState::kRunning, 1),
                Breach::kNeverEnqueued, 1);
}

TEST(HistoryCheck, SeesOneNameWithTwoJobs) {
  const Operation other{.action = Action::kEnqueue, .job = JobId{8}, .name = "a"};
  Written written = Written{}.enqueue(1).add(2, other).store(JobState::kQueued, 0);
  History history = written.history();
  history.operations.push_back(history.operations.back());
  history.operations.back().job = JobId{8};
  const HistoryVerdict verdict = check_history(history);
  EXPECT_TRUE(verdict.has(Breach::kStoredTwice));
  EXPECT_THAT(verdict.witnesses, SizeIs(1));
}

TEST(HistoryCheck, SeesOneJobOfTwoNames) {
  const Operation other{.action = Action::kEnqueue, .job = kJob, .name = "b"};
  expect_breach(Written{}.enqueue(1).add(2, other).store(JobState::kQueued, 0),
                Breach::kStoredTwice, 2);
}

TEST(HistoryCheck, SeesTwoCompletionsOfOneEpoch) {
  expect_breach(done_once().complete(4, 1).complete(5, 1).store(JobState::kDone, 1, "1"),
                Breach::kAcceptedTwice, 2);
}

TEST(HistoryCheck, SeesTwoCompletionsOfOneJob) {
  expect_breach(done_once()
                    .complete(4, 1)
                    .rescue(5, kOne)
                    .claim(6, kTwo, 3)
                    .complete(7, 3)
                    .store(JobState::kDone, 3, "3"),
                Breach::kAcceptedTwice, 2);
}

TEST(HistoryCheck, SeesACompletionOfAFencedEpoch) {
  expect_breach(done_once()
                    .rescue(4, kOne)
                    .claim(5, kTwo, 3)
                    .complete(6, 1, Reply::kOk, Outcome::kSnoozed)
                    .store(JobState::kQueued, 3),
                Breach::kFencedAccepted, 2);
}

TEST(HistoryCheck, SeesACompletionAfterTheRescue) {
  expect_breach(done_once().rescue(4, kOne).complete(5, 1).store(JobState::kDone, 1, "1"),
                Breach::kFencedAccepted, 3);
}

TEST(HistoryCheck, SeesACompletionOfAClaimThatNeverWas) {
  expect_breach(Written{}.enqueue(1).complete(2, 1).store(JobState::kDone, 1, "1"),
                Breach::kFencedAccepted, 1);
}

TEST(HistoryCheck, SeesAnotherOutputThanTheAcceptedOne) {
  expect_breach(
      done_once().rescue(4, kOne).claim(5, kTwo, 3).complete(6, 3).store(JobState::kDone, 3, "1"),
      Breach::kOtherResult, 1);
}

TEST(HistoryCheck, SeesARefusalWithoutCause) {
  expect_breach(done_once().complete(4, 1, Reply::kRefused).store(JobState::kRunning, 1),
                Breach::kRefused, 2);
}

TEST(HistoryCheck, ConcludesNothingFromACallThatFailed) {
  expect_legal(
      done_once().complete(4, 1, Reply::kFailed).complete(5, 1).store(JobState::kDone, 1, "1"));
  expect_breach(done_once().complete(4, 1, Reply::kFailed).store(JobState::kDone, 1, "1"),
                Breach::kOtherResult, 1);
}

TEST(HistoryCheck, SeesAnEpochThatDoesNotGrow) {
  expect_breach(done_once()
                    .complete(4, 1, Reply::kOk, Outcome::kSnoozed)
                    .claim(5, kTwo, 1)
                    .store(JobState::kRunning, 1),
                Breach::kEpochNotGrowing, 2);
}

TEST(HistoryCheck, SeesARescueWithoutANewEpoch) {
  expect_breach(done_once().rescue(4, kOne).store(JobState::kQueued, 1), Breach::kEpochNotGrowing,
                2);
}

TEST(HistoryCheck, SeesAClaimOfWhatRuns) {
  expect_breach(done_once().claim(4, kTwo, 2).store(JobState::kRunning, 2), Breach::kClaimedTwice,
                2);
}

TEST(HistoryCheck, SeesAClaimOfWhatRunsThoughAnotherWorkerWasRescued) {
  expect_breach(done_once().rescue(3, kTwo).claim(4, kTwo, 2).store(JobState::kRunning, 2),
                Breach::kClaimedTwice, 2);
}

TEST(HistoryCheck, SeesAnExecutionAfterAnAbort) {
  expect_breach(Written{}
                    .enqueue(1)
                    .abort(2, JobState::kAborted)
                    .claim(3, kOne, 1)
                    .start(4, kOne, 1)
                    .store(JobState::kRunning, 1),
                Breach::kStartedAborted, 2);
  expect_legal(Written{}
                   .enqueue(1)
                   .abort(2, JobState::kAborted)
                   .retry(3)
                   .claim(4, kOne, 1)
                   .start(5, kOne, 1)
                   .store(JobState::kRunning, 1));
}

TEST(HistoryCheck, SeesAnExecutionOfAWorkerThatWasToldOfTheAbort) {
  const auto aborting = [] {
    return Written{}.enqueue(1).claim(2, kOne, 1).abort(3, JobState::kAborting);
  };
  expect_breach(aborting().told(4, kOne, 1).start(5, kOne, 1).store(JobState::kAborting, 1),
                Breach::kStartedAborted, 2);
  expect_legal(aborting().start(4, kOne, 1).told(5, kOne, 1).store(JobState::kAborting, 1));
}

TEST(HistoryCheck, SeesAnAbortThatEndsARunningJob) {
  expect_breach(done_once().abort(4, JobState::kAborted).store(JobState::kAborted, 1),
                Breach::kOther, 2);
}

TEST(HistoryCheck, SeesTwoExecutionsOfOneClaim) {
  expect_breach(done_once().start(4, kOne, 1).store(JobState::kRunning, 1), Breach::kStartedTwice,
                2);
}

TEST(HistoryCheck, SeesAnExecutionWithoutAClaim) {
  expect_breach(Written{}.enqueue(1).start(2, kOne, 1).store(JobState::kQueued, 0),
                Breach::kStartedUnclaimed, 1);
}

TEST(HistoryCheck, SeesARetryOfWhatIsDone) {
  expect_breach(done_once().complete(4, 1).retry(5).store(JobState::kQueued, 1), Breach::kOther, 2);
}

TEST(HistoryCheck, SeesTheDeadClaimBeatAndLeave) {
  const auto dead = [] { return Written{}.work(1, Action::kRegister, kOne).rescue(2, kOne); };
  expect_legal(
      dead().work(3, Action::kBeat, kOne, Reply::kRefused).store_worker(kOne, WorkerState::kDead));
  expect_breach(dead().work(3, Action::kBeat, kOne), Breach::kWorker, 2);
  expect_breach(dead().rescue(3, kOne), Breach::kWorker, 2);
  expect_breach(dead().enqueue(1).claim(3, kOne, 1).store(JobState::kRunning, 1), Breach::kWorker,
                2);
  expect_breach(dead().work(3, Action::kRetire, kOne).store_worker(kOne, WorkerState::kStopped),
                Breach::kWorker, 2);
}

TEST(HistoryCheck, SeesARescueOfAWorkerThatMovedOn) {
  const auto moved = [] {
    return Written{}.work(1, Action::kRegister, kOne).work(2, Action::kBeat, kOne);
  };
  expect_breach(moved().rescue(3, kOne), Breach::kWorker, 2);
  expect_legal(moved().rescue(3, kOne, Reply::kRefused));
  expect_legal(moved().rescue(3, kOne, Reply::kOk, 1));
}

TEST(HistoryCheck, PutsTheSmallestWitnessFirst) {
  Written written = done_once().complete(4, 1).complete(5, 1).store(JobState::kDone, 1, "1");
  History history = written.history();
  history.operations.push_back(history.operations.back());
  history.operations.back().job = JobId{8};
  const HistoryVerdict verdict = check_history(history);
  ASSERT_THAT(verdict.witnesses, SizeIs(2));
  EXPECT_EQ(verdict.witnesses[0].breach, Breach::kNeverEnqueued);
  EXPECT_THAT(verdict.witnesses[0].facts, SizeIs(1));
}

TEST(HistoryCheck, JudgesWhatTheKillTestKnows) {
  using namespace std::chrono_literals;
  const auto entry = [](bool is_end, pid_t pid, std::int64_t epoch, nanoseconds at) {
    return JournalEntry{.is_end = is_end, .pid = pid, .job = kJob, .epoch = Epoch{epoch}, .at = at};
  };
  JobRecord done;
  done.id = kJob;
  done.state = JobState::kDone;
  done.epoch = Epoch{3};
  done.output = "3";
  KillHistory history{
      .acknowledged = {kJob},
      .journal = {entry(false, 100, 1, 1s), entry(false, 200, 3, 5s), entry(true, 200, 3, 6s)},
      .stored = {done},
      .kills = {{.pid = 100, .at = 2s}}};
  EXPECT_THAT(check_history(history_of(history)).witnesses, SizeIs(0));
  history.kills.clear();
  EXPECT_TRUE(check_history(history_of(history)).has(Breach::kClaimedTwice))
      << describe(check_history(history_of(history)).witnesses.at(0));
  history.kills = {{.pid = 100, .at = 7s}};  // too late to explain the second claim
  EXPECT_TRUE(check_history(history_of(history)).has(Breach::kClaimedTwice));
}

TEST(HistoryFile, IsReadAsItWasWritten) {
  const TemporaryFolder folder;
  const std::string path = (folder.path() / "history").string();
  HistoryWriter writer{path};
  const Operation claim{.action = Action::kClaim, .worker = kOne};
  const std::int64_t whole = writer.begin(claim);
  writer.begin({.action = Action::kEnqueue, .name = "never_told"});
  Operation got = claim;
  got.reply = Reply::kOk;
  got.job = kJob;
  got.epoch = Epoch{4};
  Operation other = got;
  other.job = JobId{8};
  writer.end(whole, {got, other});
  const std::vector<Operation> read = read_history(path);
  ASSERT_THAT(read, SizeIs(3));
  EXPECT_EQ(read[0].job, kJob);
  EXPECT_EQ(read[0].epoch, Epoch{4});
  EXPECT_EQ(read[0].worker, kOne);
  EXPECT_EQ(read[1].job, JobId{8});
  EXPECT_GT(read[0].returned, read[0].invoked);
  EXPECT_EQ(read[2].reply, Reply::kUnknown);
  EXPECT_EQ(read[2].name, "never_told");
  EXPECT_EQ(read[2].returned, Operation::kNever);
}

}  // namespace
}  // namespace stint::test
