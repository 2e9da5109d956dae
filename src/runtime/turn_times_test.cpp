#include "runtime/turn_times.hpp"
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

}  // namespace
}  // namespace stint::test
