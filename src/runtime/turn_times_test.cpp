#include "runtime/turn_times.hpp"
#include <stdexcept>
#include <gtest/gtest.h>

namespace stint::test {
namespace {

using namespace std::chrono_literals;

TEST(TurnTimes, NothingIsLateBeforeItBegins) {
  const WorkerTurns turns;
  EXPECT_LT(turns.latest(100h).lateness, 0s);
}

TEST(TurnTimes, TellTheLatest) {
  WorkerTurns turns;
  turns.of(WorkerLoop::kHeartbeat).comes_by(110s);
  turns.of(WorkerLoop::kWatcher).comes_by(100s);
  EXPECT_EQ(turns.latest(90s).lateness, -10s);
  EXPECT_STREQ(turns.latest(130s).name, "watcher");
  EXPECT_EQ(turns.latest(130s).lateness, 30s);
  turns.of(WorkerLoop::kWatcher).rests();
  EXPECT_STREQ(turns.latest(130s).name, "heartbeat");
  EXPECT_EQ(turns.latest(130s).lateness, 20s);
}

TEST(TurnTimes, LeaveOutACallOfTheStore) {
  ManualClock clock;
  WorkerTurns turns;
  TurnTime& turn = turns.of(WorkerLoop::kExchanger);
  turn.comes_by(clock.boot_now());
  {
    const StoreWait wait{&turn, clock};
    clock.advance(24h);
    EXPECT_LT(turns.latest(clock.boot_now()).lateness, 0s);
  }
  EXPECT_EQ(turns.latest(clock.boot_now()).lateness, 0s) << "it counts from the answer";
  clock.advance(91s);
  EXPECT_STREQ(turns.latest(clock.boot_now()).name, "exchanger");
  EXPECT_EQ(turns.latest(clock.boot_now()).lateness, 91s);
}

TEST(TurnTimes, CountFromACallOfTheStoreThatThrew) {
  ManualClock clock;
  TurnTime turn;
  const auto call = [&] {
    const StoreWait wait{&turn, clock};
    clock.advance(1h);
    throw std::runtime_error{"the server is away"};
  };
  EXPECT_THROW(call(), std::runtime_error);
  clock.advance(5s);
  EXPECT_EQ(turn.lateness(clock.boot_now()), 5s);
}

}  // namespace
}  // namespace stint::test
