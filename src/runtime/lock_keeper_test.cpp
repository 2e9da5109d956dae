// How a lock that is held is renewed and lost, in leases of a second.
#include "runtime/lock_keeper.hpp"
#include <algorithm>
#include <atomic>
#include <functional>
#include <future>
#include <random>
#include <stop_token>
#include <thread>
#include <vector>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include "base/boot_timer.hpp"
#include "base/clock.hpp"
#include "stint/error.hpp"
#include "stint/log.hpp"
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

nanoseconds now() { return real_clock().boot_now(); }

class LockKeeperTest : public ::testing::Test {
 protected:
  /// A lock whose life is noted.
  OneInstanceLock lock(nanoseconds ttl) {
    LockOptions options{.ttl = ttl,
                        .lock_delay = milliseconds{200},
                        .timeout = milliseconds{50},
                        .stall_timeout = stall_timeout_,
                        .at_deadline = LockOptions::AtDeadline::kTell};
    options.on_deadline_passed = [this] {
      ended_at_ = now();
      note("dead");
      return true;
    };
    options.on_state = [this](LockState state) { note(std::string{to_string(state)}); };
    options.on_kill_at = [this](nanoseconds at) { kill_at_ = at; };
    return OneInstanceLock{server_->client(), options};
  }

  void note(std::string what) {
    const std::lock_guard guard{mutex_};
    notes_.push_back(std::move(what));
  }

  std::vector<std::string> notes() {
    const std::lock_guard guard{mutex_};
    return notes_;
  }

  bool has(const std::string& what) { return std::ranges::count(notes(), what) > 0; }

  std::shared_ptr<ScriptedLock> server_ = ScriptedLock::make();
  std::optional<nanoseconds> stall_timeout_;
  std::atomic<nanoseconds> kill_at_{nanoseconds{0}};
  std::atomic<nanoseconds> ended_at_{nanoseconds{0}};

 private:
  std::mutex mutex_;
  std::vector<std::string> notes_;
};

TEST_F(LockKeeperTest, StopsTheWorkThenKillsItThenTellsOfTheLoss) {
  server_->always(Call::kRenew, Answer::kUnavailable);
  OneInstanceLock mine = lock(seconds{1});
  const nanoseconds asked_at = now();
  ASSERT_TRUE(mine.try_acquire());
  const nanoseconds kill_at = kill_at_;
  EXPECT_GE(kill_at, asked_at + milliseconds{950});
  const std::stop_callback on_stop{mine.stop_token(), [this] { note("stop"); }};
  ASSERT_TRUE(eventually([&] { return mine.state() == LockState::kLost; }));
  EXPECT_THAT(notes(), ElementsAre("held", "at risk", "stop", "dead", "lost"));
  EXPECT_GE(ended_at_.load(), kill_at);
  EXPECT_EQ(mine.remaining(), nanoseconds{0});
  EXPECT_FALSE(mine.check());
  EXPECT_EQ(
      [&] {
        try {
          mine.release();
        } catch (const Error& error) {
          return error.code();
        }
        return ErrorCode::kInternal;
      }(),
      ErrorCode::kLost);
  EXPECT_TRUE(eventually([&] { return !server_->record().owner; }))
      << "nobody need wait for the end of what no work is left of";
}

TEST_F(LockKeeperTest, IsHeldAgainOnceARenewalSucceeds) {
  server_->next(Call::kRenew, {Answer::kUnavailable, Answer::kStrange, Answer::kDoneUnheard});
  OneInstanceLock mine = lock(seconds{2});
  ASSERT_TRUE(mine.try_acquire());
  const nanoseconds first = kill_at_;
  ASSERT_TRUE(eventually([&] { return server_->count(Call::kRenew) >= 5; }));
  EXPECT_THAT(notes(), ElementsAre("held", "at risk", "held"));
  EXPECT_GT(kill_at_.load(), first);
  EXPECT_FALSE(mine.stop_token().stop_requested());
  mine.release();
}

TEST_F(LockKeeperTest, HearsOfALossFromTheServer) {
  OneInstanceLock mine = lock(std::chrono::hours{1});
  ASSERT_TRUE(mine.try_acquire());
  server_->give_to("other");
  ASSERT_TRUE(eventually([&] { return mine.state() == LockState::kLost; }));
  EXPECT_TRUE(mine.stop_token().stop_requested());
  EXPECT_THAT(notes(), ElementsAre("held", "dead", "lost"));
  EXPECT_EQ(server_->record().owner->id, "other");
}

TEST_F(LockKeeperTest, IsLostByARenewalThatIsRefused) {
  OneInstanceLock mine = lock(seconds{1});
  ASSERT_TRUE(mine.try_acquire());
  server_->next(Call::kRenew, {Answer::kRefused});
  ASSERT_TRUE(eventually([&] { return mine.state() == LockState::kLost; }));
  EXPECT_THAT(notes(), ElementsAre("held", "dead", "lost"));
  EXPECT_LT(ended_at_.load(), kill_at_.load()) << "at once";
}

TEST_F(LockKeeperTest, IsLostByACheck) {
  OneInstanceLock mine = lock(std::chrono::hours{1});
  ASSERT_TRUE(mine.try_acquire());
  EXPECT_TRUE(mine.check());
  server_->next(Call::kRead, {Answer::kUnavailable});
  EXPECT_THROW(mine.check(), Error);
  EXPECT_EQ(mine.state(), LockState::kHeld) << "nobody knows";
  server_->give_to("other", false);
  EXPECT_FALSE(mine.check());
  EXPECT_THAT(notes(), ElementsAre("held", "dead", "lost"));
}

TEST_F(LockKeeperTest, EndsWorkThatDoesNotGoOn) {
  stall_timeout_ = milliseconds{400};
  OneInstanceLock mine = lock(seconds{1});
  ASSERT_TRUE(mine.try_acquire());
  const nanoseconds kill_at = kill_at_;
  ASSERT_TRUE(eventually([&] { return server_->count(Call::kRenew) >= 1; }));
  mine.extend();
  EXPECT_GT(kill_at_.load(), kill_at);
  ASSERT_TRUE(eventually([&] { return mine.state() == LockState::kLost; }));
  EXPECT_TRUE(mine.stop_token().stop_requested());
  EXPECT_THAT(notes(), ElementsAre("held", "dead", "lost"));
  EXPECT_TRUE(eventually([&] { return !server_->record().owner; }));
}

TEST_F(LockKeeperTest, KillsInTimeThoughTheRequestToStopIsNotAnswered) {
  server_->always(Call::kRenew, Answer::kUnavailable);
  OneInstanceLock mine = lock(seconds{1});
  ASSERT_TRUE(mine.try_acquire());
  std::promise<void> let_go;
  const std::stop_callback on_stop{mine.stop_token(),
                                   [&, gone = let_go.get_future().share()] { gone.wait(); }};
  EXPECT_TRUE(eventually([&] { return mine.state() == LockState::kLost; }));
  EXPECT_TRUE(has("dead"));
  let_go.set_value();
}

TEST_F(LockKeeperTest, KillsInTimeThoughNobodyReadsItsLines) {
  std::promise<void> let_go;
  set_log_sink([gone = let_go.get_future().share()](const LogLine&) { gone.wait(); });
  {
    server_->always(Call::kRenew, Answer::kUnavailable);
    OneInstanceLock mine = lock(seconds{1});
    EXPECT_TRUE(mine.try_acquire());
    EXPECT_TRUE(eventually([&] { return has("dead"); }));
    let_go.set_value();
  }
  set_log_sink({});
}

TEST_F(LockKeeperTest, KillsInTimeThoughTheServerIsSlow) {
  server_->hold_up(Call::kRenew);
  OneInstanceLock mine = lock(seconds{1});
  ASSERT_TRUE(mine.try_acquire());
  EXPECT_TRUE(eventually([&] { return mine.state() == LockState::kLost; }));
  EXPECT_TRUE(has("dead"));
  server_->let_go(Call::kRenew);
}

TEST_F(LockKeeperTest, MayBeAskedByTheWorkThatIsToldToStop) {
  OneInstanceLock mine = lock(seconds{1});
  server_->always(Call::kRenew, Answer::kUnavailable);
  ASSERT_TRUE(mine.try_acquire());
  std::atomic<bool> has_time{false};
  const std::stop_callback on_stop{
      mine.stop_token(),
      [&] { has_time = mine.remaining() > nanoseconds{0} && mine.state() == LockState::kAtRisk; }};
  EXPECT_TRUE(eventually([&] { return mine.stop_token().stop_requested() && has_time; }));
}

TEST_F(LockKeeperTest, ASlowEndOfTheWorkKeepsTheLossUntold) {
  std::promise<void> let_go;
  LockOptions options{.ttl = std::chrono::hours{1}, .at_deadline = LockOptions::AtDeadline::kTell};
  options.on_deadline_passed = [this, gone = let_go.get_future().share()] {
    note("dying");
    gone.wait();
    note("dead");
    return true;
  };
  options.on_state = [this](LockState state) { note(std::string{to_string(state)}); };
  OneInstanceLock mine{server_->client(), options};
  ASSERT_TRUE(mine.try_acquire());
  server_->give_to("other");
  ASSERT_TRUE(eventually([&] { return has("dying"); }));
  EXPECT_EQ(mine.state(), LockState::kHeld);
  EXPECT_EQ(mine.remaining(), nanoseconds{0}) << "but nothing should begin any more";
  server_->give_to(std::nullopt);
  auto again = std::async(std::launch::async, [&] { return mine.try_acquire(); });
  let_go.set_value();
  EXPECT_TRUE(again.get()) << "a new holding begins when the old one is over";
  EXPECT_THAT(notes(), ElementsAre("held", "dying", "dead", "lost", "held"));
  EXPECT_FALSE(mine.stop_token().stop_requested()) << "that of the new holding";
}

TEST_F(LockKeeperTest, WaitsAgainAfterALossWithoutItsWatcherInTheWay) {
  server_->always(Call::kRenew, Answer::kUnavailable);
  server_->always(Call::kRelease, Answer::kUnavailable);
  OneInstanceLock mine = lock(seconds{1});
  ASSERT_TRUE(mine.try_acquire());
  ASSERT_TRUE(eventually([&] { return mine.state() == LockState::kLost; }));
  const nanoseconds began = now();
  EXPECT_FALSE(mine.acquire(milliseconds{300}));
  EXPECT_LT(now() - began, seconds{10}) << "the watcher waits for 30 s";
}

TEST_F(LockKeeperTest, LooksAgainWithoutALeaseTooIfALookFailed) {
  server_ = ScriptedLock::make({.name = "scripted", .has_lease = false});
  OneInstanceLock mine = lock(seconds{1});
  ASSERT_TRUE(mine.try_acquire());
  EXPECT_EQ(mine.remaining(), nanoseconds::max());
  const std::string id = server_->record().owner->id;
  server_->next(Call::kRead, {Answer::kUnavailable});
  // Any change wakes the watcher, also one that leaves it ours.
  server_->change_nothing();
  ASSERT_TRUE(eventually([&] { return has("at risk"); }));
  EXPECT_TRUE(eventually([&] { return mine.state() == LockState::kHeld; }));
  EXPECT_EQ(server_->record().owner->id, id);
}

TEST_F(LockKeeperTest, AsksSeldomThoughEachWaitReturnsAtOnce) {
  for (const Answer answer : {Answer::kAtOnce, Answer::kStrange}) {
    server_->always(Call::kWait, answer);
    OneInstanceLock mine = lock(std::chrono::hours{1});
    ASSERT_TRUE(mine.try_acquire());
    const int before = server_->count(Call::kRead);
    const nanoseconds began = now();
    ASSERT_TRUE(eventually([&] { return server_->count(Call::kRead) - before >= 2; }));
    EXPECT_GE(now() - began, milliseconds{900}) << "one look a second";
    EXPECT_EQ(mine.state(), LockState::kHeld);
    mine.release();
  }
}

// Two contend, each asked by a second thread all the time, while any call may fail in any way.
TEST_F(LockKeeperTest, LetsNoTwoInWhateverFailsAndWhoeverAsks) {
  std::atomic<bool> is_over{false};
  std::atomic<int> inside{0};
  std::atomic<int> overlaps{0};
  std::atomic<int> holdings{0};
  const auto contend = [&](unsigned seed) {
    std::atomic<bool> is_inside{false};
    const auto leave = [&] {
      if (is_inside.exchange(false)) --inside;
      return true;
    };
    LockOptions options{.ttl = seconds{1},
                        .lock_delay = milliseconds{100},
                        .timeout = milliseconds{50},
                        .retry_wait = milliseconds{1},
                        .at_deadline = LockOptions::AtDeadline::kTell};
    options.on_deadline_passed = leave;
    OneInstanceLock mine{server_->client(), options};
    std::jthread asker{[&](const std::stop_token& end) {
      while (!end.stop_requested()) {
        try {
          mine.check();
          mine.owner();
        } catch (const Error&) {  // NOLINT(bugprone-empty-catch): it may be unknown
        }
        mine.extend();
        if (mine.remaining() > seconds{1}) ++overlaps;
      }
    }};
    std::mt19937 random{seed};
    while (!is_over) {
      if (!mine.acquire(milliseconds{100})) continue;
      ++holdings;
      is_inside = true;
      if (inside.fetch_add(1) != 0) ++overlaps;
      const nanoseconds end = now() + milliseconds{random() % 20};
      while (now() < end && is_inside) std::this_thread::yield();
      leave();
      try {
        mine.release();
      } catch (
          const Error&) {  // NOLINT(bugprone-empty-catch): then it is given back later, or lost
      }
    }
  };
  {
    std::jthread first{contend, 1U};
    std::jthread second{contend, 2U};
    std::mt19937 random{3};
    BootTimer pace;
    const std::vector<Answer> answers = {Answer::kGood, Answer::kUnavailable, Answer::kDoneUnheard,
                                         Answer::kNotDone};
    const nanoseconds end = now() + seconds{3};
    while (now() < end) {
      const auto call = static_cast<Call>(random() % 5);
      server_->next(call, {answers.at(random() % answers.size())});
      pace.wait_until(now() + milliseconds{1});
    }
    is_over = true;
  }
  EXPECT_EQ(overlaps, 0);
  EXPECT_GT(holdings, 20);
}

}  // namespace
}  // namespace stint
