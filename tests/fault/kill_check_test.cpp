// The judge of the kill test must see what is wrong in histories that were doctored.
#include "support/kill_check.hpp"
#include <gtest/gtest.h>

namespace stint::test {
namespace {

using namespace std::chrono_literals;

constexpr pid_t kVictim = 100;
constexpr pid_t kSurvivor = 200;

JournalEntry begin(pid_t pid, std::int64_t job, std::int64_t epoch, std::chrono::nanoseconds at) {
  return {.is_end = false, .pid = pid, .job = JobId{job}, .epoch = Epoch{epoch}, .at = at};
}
JournalEntry end(pid_t pid, std::int64_t job, std::int64_t epoch, std::chrono::nanoseconds at) {
  return {.is_end = true, .pid = pid, .job = JobId{job}, .epoch = Epoch{epoch}, .at = at};
}
JobRecord done(std::int64_t job, std::int64_t epoch) {
  JobRecord record;
  record.id = JobId{job};
  record.state = JobState::kDone;
  record.epoch = Epoch{epoch};
  record.output = std::to_string(epoch);
  return record;
}

/// Job 1 ran undisturbed; job 2 was under way when its worker was killed, and ran again.
KillHistory sound_history() {
  return {.acknowledged = {JobId{1}, JobId{2}},
          .journal = {begin(kVictim, 1, 1, 1s), end(kVictim, 1, 1, 2s), begin(kVictim, 2, 1, 3s),
                      begin(kSurvivor, 2, 3, 20s), end(kSurvivor, 2, 3, 21s)},
          .stored = {done(1, 1), done(2, 3)},
          .kills = {{.pid = kVictim, .at = 4s}}};
}

TEST(KillCheck, PassesASoundHistory) {
  const KillVerdict verdict = judge(sound_history());
  EXPECT_TRUE(verdict.violations.empty()) << verdict.violations.front();
  EXPECT_EQ(verdict.duplicates, 1);
  EXPECT_EQ(verdict.in_flight, 1);
  EXPECT_EQ(verdict.kills_that_hit, 1);
}

TEST(KillCheck, PassesAnEndThatWasNotWrittenBeforeTheKill) {
  KillHistory history = sound_history();
  history.journal.insert(history.journal.begin() + 3, end(kVictim, 2, 1, 3500ms));
  const KillVerdict verdict = judge(history);
  EXPECT_TRUE(verdict.violations.empty());
  EXPECT_EQ(verdict.in_flight, 1);
  EXPECT_EQ(verdict.kills_that_hit, 0) << "nothing was under way any more";
}

TEST(KillCheck, SeesAJobThatIsGone) {
  KillHistory history = sound_history();
  history.stored.pop_back();
  EXPECT_EQ(judge(history).lost, 1);
}

TEST(KillCheck, SeesAJobThatNeverEnded) {
  for (const JobState state : {JobState::kQueued, JobState::kRunning, JobState::kFailed}) {
    KillHistory history = sound_history();
    history.stored[1].state = state;
    EXPECT_EQ(judge(history).lost, 1) << to_string(state);
  }
}

TEST(KillCheck, SeesAJobThatNobodyEnqueued) {
  KillHistory history = sound_history();
  history.acknowledged.pop_back();
  EXPECT_EQ(judge(history).unexpected, 2) << "it is stored, and it was run";
}

TEST(KillCheck, SeesAZombiesResult) {
  KillHistory history = sound_history();
  history.stored[1].output = "1";  // of the first claim, whose worker was killed
  EXPECT_EQ(judge(history).accepted_twice, 1);
}

TEST(KillCheck, SeesACompletionByWhoeverHoldsTheId) {
  KillHistory history = sound_history();
  // The victim lived on, ended its job and was believed while the second claim ran.
  history.journal = {begin(kVictim, 1, 1, 1s), end(kVictim, 1, 1, 2s), begin(kVictim, 2, 1, 3s),
                     begin(kSurvivor, 2, 3, 20s), end(kVictim, 2, 1, 20500ms)};
  history.stored[1] = done(2, 1);
  history.kills.clear();
  const KillVerdict verdict = judge(history);
  EXPECT_GT(verdict.unexplained, 0);
}

TEST(KillCheck, SeesOneClaimThatWasRunTwice) {
  KillHistory history = sound_history();
  history.journal.push_back(begin(kSurvivor, 1, 1, 30s));
  history.journal.push_back(end(kSurvivor, 1, 1, 31s));
  EXPECT_EQ(judge(history).accepted_twice, 1);
}

TEST(KillCheck, SeesARepetitionWithoutAKill) {
  KillHistory history = sound_history();
  history.kills.clear();
  const KillVerdict verdict = judge(history);
  EXPECT_EQ(verdict.unexplained, 1);
  EXPECT_FALSE(verdict.violations.empty());
}

TEST(KillCheck, SeesAnExecutionAfterItsWorkerWasKilled) {
  KillHistory history = sound_history();
  history.kills[0].at = 2500ms;  // before job 2 began
  EXPECT_EQ(judge(history).unexplained, 1);
}

}  // namespace
}  // namespace stint::test
