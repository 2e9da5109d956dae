// The lock against a server that fails as it is told. Times are those of leases of a second, or are
// not reached at all.
#include "stint/one_instance_lock.hpp"
#include <future>
#include <stop_token>
#include <thread>
#include <utility>
#include <vector>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include "base/clock.hpp"
#include "stint/error.hpp"
#include "support/eventually.hpp"
#include "support/scripted_lock.hpp"

namespace stint {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;
using test::eventually;
using test::ScriptedLock;
using ::testing::ElementsAre;
using Answer = ScriptedLock::Answer;
using Call = ScriptedLock::Call;
using LockOutcome = LockResult::Outcome;

nanoseconds boot_time() { return real_clock().boot_now(); }

LockOptions quiet(nanoseconds ttl = std::chrono::hours{1}) {
  return {.ttl = ttl,
          .lock_delay = milliseconds{200},
          .timeout = milliseconds{50},
          .at_deadline = LockOptions::AtDeadline::kTell};
}

ErrorCode code_of(const std::function<void()>& call) {
  try {
    call();
  } catch (const Error& error) {
    return error.code();
  }
  ADD_FAILURE() << "nothing was thrown";
  return ErrorCode::kInternal;
}

class OneInstanceLockTest : public ::testing::Test {
 protected:
  OneInstanceLock lock(LockOptions options = quiet()) {
    return OneInstanceLock{server_->client(), std::move(options)};
  }

  std::shared_ptr<ScriptedLock> server_ = ScriptedLock::make();
};

TEST_F(OneInstanceLockTest, TellsThreeOutcomesApart) {
  OneInstanceLock mine = lock();
  server_->give_to("other");
  const LockResult busy = mine.try_acquire();
  EXPECT_EQ(busy.outcome, LockOutcome::kBusy);
  ASSERT_TRUE(busy.holder.owner);
  EXPECT_EQ(busy.holder.owner->id, "other");
  server_->next(Call::kAcquire, {Answer::kUnavailable});
  const LockResult unavailable = mine.try_acquire();
  EXPECT_EQ(unavailable.outcome, LockOutcome::kUnavailable);
  EXPECT_EQ(unavailable.problem, "the server is away");
  server_->give_to(std::nullopt);
  const LockResult acquired = mine.try_acquire();
  EXPECT_EQ(acquired.outcome, LockOutcome::kAcquired);
  EXPECT_EQ(acquired.token, server_->record().token);
  EXPECT_EQ(mine.token(), acquired.token);
}

TEST_F(OneInstanceLockTest, ReadsBackWhatNobodyKnowsAndRenewsItBeforeItCounts) {
  OneInstanceLock mine = lock();
  server_->next(Call::kAcquire, {Answer::kDoneUnheard});
  EXPECT_EQ(mine.try_acquire().outcome, LockOutcome::kUnavailable) << "not on a guess";
  EXPECT_EQ(mine.state(), LockState::kReleased);
  EXPECT_EQ(mine.remaining(), nanoseconds{0});
  server_->next(Call::kRenew, {Answer::kDoneUnheard});
  EXPECT_EQ(mine.try_acquire().outcome, LockOutcome::kUnavailable) << "nor now";
  const LockResult result = mine.try_acquire();
  ASSERT_TRUE(result);
  EXPECT_EQ(result.token, server_->record().token);
  EXPECT_EQ(server_->count(Call::kAcquire), 1);
  EXPECT_EQ(server_->count(Call::kRenew), 2);
  EXPECT_EQ(mine.state(), LockState::kHeld);
}

TEST_F(OneInstanceLockTest, AsksAnewForWhatWasNotDone) {
  OneInstanceLock mine = lock();
  server_->next(Call::kAcquire, {Answer::kNotDone});
  EXPECT_EQ(mine.try_acquire().outcome, LockOutcome::kUnavailable);
  EXPECT_TRUE(mine.try_acquire());
  EXPECT_EQ(server_->count(Call::kAcquire), 2);
}

TEST_F(OneInstanceLockTest, FindsItselfAsTheHolderOfARequestThatCameLate) {
  OneInstanceLock mine = lock();
  server_->next(Call::kAcquire, {Answer::kDoneUnheard});
  EXPECT_EQ(mine.try_acquire().outcome, LockOutcome::kUnavailable);
  const std::string id = server_->record().owner->id;
  server_->give_to(std::nullopt);  // as if the request were still on its way
  server_->hold_up(Call::kAcquire);
  auto second = std::async(std::launch::async, [&] { return mine.try_acquire(); });
  ASSERT_TRUE(eventually([&] { return server_->held_up(Call::kAcquire) == 1; }));
  server_->give_to(id);  // there it is
  server_->let_go(Call::kAcquire);
  const LockResult result = second.get();
  ASSERT_TRUE(result);
  EXPECT_EQ(result.token, server_->record().token);
}

TEST_F(OneInstanceLockTest, GivesBackAtItsEndWhatItNeverKnewToHave) {
  {
    OneInstanceLock mine = lock();
    server_->next(Call::kAcquire, {Answer::kDoneUnheard});
    mine.try_acquire();
    EXPECT_TRUE(server_->record().owner);
  }
  EXPECT_FALSE(server_->record().owner);
  {
    OneInstanceLock mine = lock();
    server_->next(Call::kAcquire, {Answer::kNotDone});
    mine.try_acquire();
    server_->give_to("other");
  }
  ASSERT_TRUE(server_->record().owner);
  EXPECT_EQ(server_->record().owner->id, "other");
}

TEST_F(OneInstanceLockTest, IsWokenByARelease) {
  OneInstanceLock first = lock();
  ASSERT_TRUE(first.try_acquire());
  OneInstanceLock second = lock();
  auto waiting = std::async(std::launch::async, [&] { return second.acquire(seconds{60}); });
  ASSERT_TRUE(eventually([&] { return second.state() == LockState::kWaiting; }));
  ASSERT_TRUE(eventually([&] { return server_->count(Call::kAcquire) >= 2; }));
  const nanoseconds released_at = boot_time();
  first.release();
  ASSERT_TRUE(waiting.get());
  EXPECT_LT(boot_time() - released_at, seconds{3}) << "it looks every 5 s otherwise";
}

TEST_F(OneInstanceLockTest, PollsSlowlyIfEachWaitReturnsOrFailsAtOnce) {
  server_->give_to("other");
  for (const Answer answer : {Answer::kAtOnce, Answer::kUnavailable}) {
    server_->always(Call::kWait, answer);
    OneInstanceLock mine = lock();
    const int before = server_->count(Call::kAcquire);
    EXPECT_EQ(mine.acquire(seconds{2}).outcome, LockOutcome::kBusy);
    // Seven in the first second, then two a second, and one at the end.
    EXPECT_LE(server_->count(Call::kAcquire) - before, 10);
  }
}

TEST_F(OneInstanceLockTest, AsksMoreSeldomTheLongerTheServerIsAway) {
  server_->always(Call::kAcquire, Answer::kUnavailable);
  OneInstanceLock mine = lock();
  EXPECT_EQ(mine.acquire(milliseconds{1500}).outcome, LockOutcome::kUnavailable);
  EXPECT_GE(server_->count(Call::kAcquire), 3);
  EXPECT_LE(server_->count(Call::kAcquire), 9);
  EXPECT_EQ(mine.state(), LockState::kReleased);
}

TEST_F(OneInstanceLockTest, EndsItsWaitingWhenItIsAskedToStop) {
  for (const bool is_away : {false, true}) {
    server_->give_to("other");
    server_->always(Call::kAcquire, is_away ? Answer::kUnavailable : Answer::kGood);
    OneInstanceLock mine = lock();
    std::stop_source stop;
    auto waiting =
        std::async(std::launch::async, [&] { return mine.acquire(seconds{60}, stop.get_token()); });
    ASSERT_TRUE(eventually([&] { return mine.state() == LockState::kWaiting; }));
    stop.request_stop();
    ASSERT_EQ(waiting.wait_for(seconds{10}), std::future_status::ready);
    EXPECT_FALSE(waiting.get());
    EXPECT_EQ(mine.state(), LockState::kReleased);
  }
}

TEST_F(OneInstanceLockTest, RefusesToBeAcquiredTwiceAndStaysHeld) {
  OneInstanceLock mine = lock();
  ASSERT_TRUE(mine.try_acquire());
  EXPECT_EQ(code_of([&] { mine.try_acquire(); }), ErrorCode::kUsage);
  EXPECT_EQ(code_of([&] { mine.acquire(seconds{1}); }), ErrorCode::kUsage);
  EXPECT_EQ(mine.state(), LockState::kHeld);
  EXPECT_GT(mine.remaining(), nanoseconds{0});
  mine.release();
  EXPECT_FALSE(server_->record().owner);
}

TEST_F(OneInstanceLockTest, IsReleasedOnce) {
  OneInstanceLock mine = lock();
  EXPECT_EQ(code_of([&] { mine.release(); }), ErrorCode::kNotOwner) << "never held";
  ASSERT_TRUE(mine.try_acquire());
  mine.release();
  EXPECT_EQ(code_of([&] { mine.release(); }), ErrorCode::kNotOwner) << "a second time";
  EXPECT_EQ(server_->count(Call::kRelease), 1);
}

TEST_F(OneInstanceLockTest, TriesAReleaseAgain) {
  OneInstanceLock mine = lock();
  ASSERT_TRUE(mine.try_acquire());
  server_->next(Call::kRelease, {Answer::kUnavailable, Answer::kUnavailable});
  mine.release();
  EXPECT_EQ(server_->count(Call::kRelease), 3);
  EXPECT_FALSE(server_->record().owner);

  ASSERT_TRUE(mine.try_acquire());
  server_->next(Call::kRelease, {Answer::kDoneUnheard});
  mine.release();  // the second try finds it free, as the first has left it

  ASSERT_TRUE(mine.try_acquire());
  server_->next(Call::kRelease, {Answer::kUnavailable, Answer::kRefused});
  EXPECT_EQ(code_of([&] { mine.release(); }), ErrorCode::kLost) << "the first has done nothing";
}

TEST_F(OneInstanceLockTest, TriesItsLastReleaseOnce) {
  {
    OneInstanceLock mine = lock();
    ASSERT_TRUE(mine.try_acquire());
    server_->always(Call::kRelease, Answer::kUnavailable);
  }
  EXPECT_EQ(server_->count(Call::kRelease), 1);
}

TEST_F(OneInstanceLockTest, IsReleasedAfterARenewalThatIsUnderWay) {
  OneInstanceLock mine = lock(quiet(seconds{1}));
  server_->hold_up(Call::kRenew);
  ASSERT_TRUE(mine.try_acquire());
  ASSERT_TRUE(eventually([&] { return server_->held_up(Call::kRenew) == 1; }));
  auto releasing = std::async(std::launch::async, [&] { mine.release(); });
  EXPECT_EQ(server_->count(Call::kRelease), 0);
  server_->let_go(Call::kRenew);
  releasing.get();
  EXPECT_EQ(mine.state(), LockState::kReleased);
  EXPECT_FALSE(server_->record().owner);
  EXPECT_EQ(server_->count(Call::kRelease), 1);
}

TEST_F(OneInstanceLockTest, TellsOfTheOwnerThatItSawLastIfTheServerIsAway) {
  OneInstanceLock mine = lock();
  server_->always(Call::kRead, Answer::kUnavailable);
  EXPECT_EQ(code_of([&] { mine.owner(); }), ErrorCode::kUnavailable);
  server_->give_to("other");
  mine.try_acquire();
  ASSERT_TRUE(mine.owner().owner);
  EXPECT_EQ(mine.owner().owner->id, "other");
  server_->give_to(std::nullopt);
  ASSERT_TRUE(mine.try_acquire());
  EXPECT_EQ(mine.owner().owner->id, server_->record().owner->id) << "its own";
}

TEST_F(OneInstanceLockTest, CanBeMovedWhileItIsHeld) {
  OneInstanceLock first = lock();
  ASSERT_TRUE(first.try_acquire());
  OneInstanceLock second = std::move(first);
  EXPECT_EQ(second.state(), LockState::kHeld);
  EXPECT_TRUE(second.check());
  second = lock();
  EXPECT_FALSE(server_->record().owner) << "what is replaced is released";
  ASSERT_TRUE(second.try_acquire());
}

TEST_F(OneInstanceLockTest, RefusesTimesThatLeaveNoRoom) {
  LockOptions options = quiet(seconds{1});
  options.timeout = milliseconds{400};
  try {
    lock(options);
    FAIL() << "it was taken";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kConfiguration);
    EXPECT_THAT(error.what(), ::testing::HasSubstr("smallest"));
  }
}

}  // namespace
}  // namespace stint
