// The judge of the lock's faults, on journals written by hand: each fault is found, and what is
// allowed is none.
#include "support/lock_check.hpp"
#include <gtest/gtest.h>

namespace stint::test {
namespace {

using Kind = LockEvent::Kind;

LockEvent at(int milliseconds, Kind kind, pid_t pid, std::int64_t token = 0,
             std::int64_t value = 0) {
  return {.kind = kind,
          .pid = pid,
          .token = token,
          .value = value,
          .at = std::chrono::milliseconds{milliseconds}};
}

constexpr std::int64_t kMillisecond = 1'000'000;

/// 1 holds from 10 to 40, then 2 from 50 until it is killed at 90.
std::vector<LockEvent> sound() {
  return {at(0, Kind::kAsks, 1),           at(1, Kind::kAsks, 2),
          at(10, Kind::kHolds, 1, 100),    at(11, Kind::kRenewed, 1, 0, 110 * kMillisecond),
          at(20, Kind::kAccepted, 1, 100), at(40, Kind::kReleases, 1, 100),
          at(50, Kind::kHolds, 2, 101),    at(51, Kind::kRenewed, 2, 0, 150 * kMillisecond),
          at(60, Kind::kAccepted, 2, 101), at(90, Kind::kEnded, 2)};
}

std::vector<LockEvent> sound_and(std::vector<LockEvent> more) {
  std::vector<LockEvent> all = sound();
  all.insert(all.end(), more.begin(), more.end());
  return all;
}

TEST(LockCheck, FindsNothingInASoundHistory) {
  const LockVerdict verdict = judge(sound());
  EXPECT_TRUE(verdict.violations.empty()) << verdict.violations.front();
  EXPECT_EQ(verdict.holdings, 2);
  EXPECT_EQ(verdict.accepted, 2);
}

TEST(LockCheck, FindsTwoThatHoldItAtATime) {
  EXPECT_EQ(judge(sound_and({at(30, Kind::kAsks, 3), at(55, Kind::kHolds, 3, 102)})).overlaps, 1)
      << "while 2 holds it";
  EXPECT_EQ(judge(sound_and({at(95, Kind::kHolds, 3, 102)})).overlaps, 0) << "after its death";
  EXPECT_EQ(judge(sound_and({at(95, Kind::kAccepted, 3, 102)})).overlaps, 1)
      << "an effect of one that holds nothing";
}

TEST(LockCheck, FindsATokenThatDoesNotGrow) {
  for (const std::int64_t token : {101, 50}) {
    EXPECT_GE(judge(sound_and({at(95, Kind::kHolds, 3, token)})).tokens_not_grown, 1);
  }
}

TEST(LockCheck, FindsAnEffectThatIsTakenAfterALargerToken) {
  const LockVerdict verdict =
      judge(sound_and({at(95, Kind::kHolds, 3, 99), at(96, Kind::kAccepted, 3, 99)}));
  EXPECT_EQ(verdict.went_back, 1);
}

TEST(LockCheck, FindsAHolderThatIsRefusedThoughNothingBefellIt) {
  EXPECT_EQ(judge(sound_and({at(70, Kind::kRefused, 2, 101)})).refused_holders, 1);
}

TEST(LockCheck, FindsAnEffectAfterTheLeasesEnd) {
  std::vector<LockEvent> late = sound();
  late.back() = at(200, Kind::kEnded, 2);
  late.push_back(at(149, Kind::kAccepted, 2, 101));
  EXPECT_EQ(judge(late).after_deadline, 0);
  late.push_back(at(151, Kind::kAccepted, 2, 101));
  EXPECT_EQ(judge(late).after_deadline, 1);
  late.push_back(at(120, Kind::kRenewed, 2, 0, 250 * kMillisecond));
  EXPECT_EQ(judge(late).after_deadline, 0) << "it was renewed";
}

TEST(LockCheck, LetsAPausedHolderBeOvertakenAndRefused) {
  const std::vector<LockEvent> paused = {
      at(70, Kind::kPaused, 2),         at(75, Kind::kAsks, 3),     at(180, Kind::kHolds, 3, 102),
      at(181, Kind::kAccepted, 3, 102), at(182, Kind::kResumed, 2), at(183, Kind::kRefused, 2, 101),
      at(184, Kind::kRefused, 2, 101),  at(190, Kind::kReleases, 3)};
  std::vector<LockEvent> all = sound_and(paused);
  std::erase_if(all, [](const LockEvent& event) { return event.kind == Kind::kEnded; });
  const LockVerdict verdict = judge(all);
  EXPECT_TRUE(verdict.violations.empty()) << verdict.violations.front();
  EXPECT_EQ(verdict.stale_refused, 2);

  all.push_back(at(185, Kind::kAccepted, 2, 101));
  EXPECT_EQ(judge(all).went_back, 1) << "but not accepted";
}

TEST(LockCheck, DoesNotExcuseWhatOverlapsBeforeThePause) {
  std::vector<LockEvent> all = sound_and(
      {at(62, Kind::kHolds, 3, 102), at(65, Kind::kAccepted, 2, 101), at(70, Kind::kPaused, 2)});
  EXPECT_EQ(judge(all).overlaps, 1);
}

TEST(LockCheck, KnowsThatAPausedOneMayTellOfItsHoldingTooLate) {
  const LockVerdict verdict = judge(
      {at(0, Kind::kAsks, 1), at(1, Kind::kPaused, 1), at(5, Kind::kAsks, 2),
       at(100, Kind::kHolds, 2, 8), at(101, Kind::kAccepted, 2, 8), at(110, Kind::kResumed, 1),
       at(111, Kind::kHolds, 1, 7), at(112, Kind::kRefused, 1, 7), at(113, Kind::kEnded, 1)});
  EXPECT_TRUE(verdict.violations.empty()) << verdict.violations.front();
  EXPECT_EQ(verdict.stale_refused, 1);
}

TEST(LockCheck, FindsThatNobodyCameOrNotInTime) {
  const LockEvent taken = at(90, Kind::kTaken, 2, 0, 100 * kMillisecond);
  EXPECT_EQ(judge(sound_and({taken})).starved, 1) << "nobody";
  EXPECT_EQ(judge(sound_and({taken, at(191, Kind::kHolds, 3, 102)})).starved, 1) << "late";
  const LockVerdict verdict = judge(sound_and({taken, at(189, Kind::kHolds, 3, 102)}));
  EXPECT_EQ(verdict.starved, 0);
  ASSERT_EQ(verdict.takeovers.size(), 1U);
  EXPECT_EQ(verdict.takeovers[0], std::chrono::milliseconds{99});
}

}  // namespace
}  // namespace stint::test
