// When the next run is due, and what becomes of the lock meanwhile.
#include "runtime/loop_rules.hpp"
#include <chrono>
#include <gtest/gtest.h>

namespace stint {
namespace {

using namespace std::chrono_literals;
using std::chrono::nanoseconds;

EndedRun run_of(RunStatus status, nanoseconds took) {
  return {.status = status, .started_at = 100s, .ended_at = 100s + took};
}
EndedRun good_run(nanoseconds took) { return run_of(RunStatus::kSucceeded, took); }

TEST(LoopRules, StartsTheNextAtOnceWithoutAnInterval) {
  const NextStep step = next_step({}, good_run(3s));
  EXPECT_FALSE(step.is_last);
  EXPECT_TRUE(step.releases_lock);
  EXPECT_EQ(step.next_at, 103s);
}

TEST(LoopRules, SleepsFromTheEnd) {
  EXPECT_EQ(next_step({.sleep_interval = 5s}, good_run(3s)).next_at, 108s);
  EXPECT_EQ(next_step({.sleep_interval = 5s}, good_run(30s)).next_at, 135s);
}

TEST(LoopRules, RunsFromTheStart) {
  EXPECT_EQ(next_step({.run_interval = 60s}, good_run(3s)).next_at, 160s);
  EXPECT_EQ(next_step({.run_interval = 60s}, good_run(60s)).next_at, 160s);
}

TEST(LoopRules, StartsAtOnceAfterAnOverrunAndDoesNotMakeItUp) {
  const LoopRules rules{.run_interval = 10s};
  EXPECT_EQ(next_step(rules, good_run(35s)).next_at, 135s);
  // The one after it is reckoned from its own start.
  EXPECT_EQ(next_step(rules, {.started_at = 135s, .ended_at = 136s}).next_at, 145s);
}

TEST(LoopRules, KeepsTheLock) {
  const LoopRules rules{.sleep_interval = 5s, .keep_lock = true};
  for (const RunStatus status : {RunStatus::kSucceeded, RunStatus::kFailed, RunStatus::kKilled,
                                 RunStatus::kInterrupted, RunStatus::kPending}) {
    const NextStep step = next_step(rules, run_of(status, 1s));
    EXPECT_FALSE(step.releases_lock) << to_string(status);
    EXPECT_EQ(step.next_at, 106s);
  }
}

TEST(LoopRules, GivesTheLockAwayAfterAnErrorAndWaitsTwice) {
  const LoopRules sleeping{.sleep_interval = 5s, .keep_lock = true, .release_on_error = true};
  const LoopRules running{.run_interval = 60s, .keep_lock = true, .release_on_error = true};
  for (const RunStatus status : {RunStatus::kFailed, RunStatus::kKilled}) {
    EXPECT_TRUE(next_step(sleeping, run_of(status, 3s)).releases_lock);
    EXPECT_EQ(next_step(sleeping, run_of(status, 3s)).next_at, 113s);
    EXPECT_EQ(next_step(running, run_of(status, 3s)).next_at, 220s);
    EXPECT_EQ(next_step(running, run_of(status, 90s)).next_at, 250s);  // an overrun
  }
  EXPECT_FALSE(next_step(sleeping, good_run(3s)).releases_lock);
  EXPECT_EQ(next_step(sleeping, good_run(3s)).next_at, 108s);
}

TEST(LoopRules, LeavesOthersAMomentWithoutAnInterval) {
  const LoopRules rules{.keep_lock = true, .release_on_error = true};
  EXPECT_EQ(next_step(rules, run_of(RunStatus::kFailed, 3s)).next_at, 104s);
  EXPECT_EQ(next_step(rules, good_run(3s)).next_at, 103s);
}

TEST(LoopRules, ReleaseOnErrorActsWithKeepLockAlone) {
  const LoopRules rules{.sleep_interval = 5s, .release_on_error = true};
  EXPECT_EQ(next_step(rules, run_of(RunStatus::kFailed, 3s)).next_at, 108s);
  EXPECT_TRUE(next_step(rules, run_of(RunStatus::kFailed, 3s)).releases_lock);
}

TEST(LoopRules, EndsAfterOneRun) {
  const NextStep step = next_step({.run_once = true, .keep_lock = true}, good_run(3s));
  EXPECT_TRUE(step.is_last);
  EXPECT_TRUE(step.releases_lock);
}

TEST(LoopRules, WaitsForATaskThatPutItselfOff) {
  EndedRun run = run_of(RunStatus::kPending, 1s);
  run.put_off = 60s;
  EXPECT_EQ(next_step({.sleep_interval = 5s}, run).next_at, 161s);
  EXPECT_EQ(next_step({.sleep_interval = 500s}, run).next_at, 601s);
}

}  // namespace
}  // namespace stint
