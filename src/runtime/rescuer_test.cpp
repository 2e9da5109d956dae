#include "runtime/rescuer.hpp"
#include <csignal>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>
#include <gtest/gtest.h>
#include "runtime/worker_page.hpp"
#include "support/child.hpp"
#include "support/scripted_store.hpp"
#include "support/temporary_folder.hpp"

namespace stint {
namespace {

using namespace std::chrono_literals;

/// A rescuer that watches worker 2 from the side of worker 1, on a clock that stands still.
class RescuerTest : public ::testing::Test {
 protected:
  RescuerTest() {
    other_.id = WorkerId{2};
    store_.on_list_workers = [this] {
      WorkerRecord self;
      self.id = session_.worker();
      return std::vector<WorkerRecord>{self, other_};
    };
    store_.on_rescue = [this](const RescueRequest& request) {
      rescued_.push_back(request);
      return RescueResult{.was_dead = request.beat == other_.beat};
    };
    session_.open();
  }

  /// Let time pass with the own beats as they should be, and look each 5 s.
  int watch(std::chrono::seconds duration) {
    int rescued = 0;
    for (auto passed = 0s; passed < duration; passed += 5s) {
      clock_.advance(5s);
      if ((passed / 5s) % 2 == 1) session_.beat();
      rescued += rescuer_.look();
    }
    return rescued;
  }

  ManualClock clock_;
  test::ScriptedStore store_;
  Session session_{store_, {.node = "n1"}, {.lease = 30s, .heartbeat = 10s}, clock_};
  Rescuer rescuer_{store_, session_, clock_};
  WorkerRecord other_;
  std::vector<RescueRequest> rescued_;
};

TEST_F(RescuerTest, RescuesWhoWasSilentForALease) {
  other_.beat = 41;
  rescuer_.look();
  EXPECT_EQ(watch(25s), 0);
  EXPECT_EQ(watch(5s), 1);
  ASSERT_EQ(rescued_.size(), 1U);
  EXPECT_EQ(rescued_.front().worker, WorkerId{2});
  EXPECT_EQ(rescued_.front().beat, 41) << "only if the beat is still the one that was watched";
  EXPECT_FALSE(rescued_.front().started) << "no page tells what it ran";
}

TEST_F(RescuerTest, LeavesWhoBeatsAlone) {
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(watch(25s), 0);
    ++other_.beat;
  }
  EXPECT_TRUE(rescued_.empty());
}

TEST_F(RescuerTest, CountsFromTheLastBeatThatItSaw) {
  rescuer_.look();
  watch(20s);
  ++other_.beat;
  EXPECT_EQ(watch(30s), 0) << "seen first after 5 s of these";
  EXPECT_EQ(watch(5s), 1);
}

TEST_F(RescuerTest, JudgesNobodyAfterAnOutageOfItsOwn) {
  rescuer_.look();
  watch(25s);
  store_.on_beat = [](WorkerId) -> bool { throw test::outage(); };
  EXPECT_THROW(session_.beat(), Error);
  store_.on_beat = nullptr;
  session_.beat();
  EXPECT_EQ(watch(25s), 0) << "whoever it watched may have been cut off as it was";
  EXPECT_EQ(watch(5s), 1);
}

TEST_F(RescuerTest, JudgesNobodyAfterAPauseOfItsOwn) {
  rescuer_.look();
  clock_.advance(10min);  // this process was stopped, or the machine slept
  EXPECT_EQ(rescuer_.look(), 0) << "its own lease has passed";
  session_.beat();
  EXPECT_EQ(rescuer_.look(), 0) << "it has watched for no time at all";
  EXPECT_EQ(watch(25s), 0);
  EXPECT_EQ(watch(5s), 1);
}

TEST_F(RescuerTest, TellsThatNobodyWasRescuedIfTheBeatMovedOn) {
  store_.on_rescue = [](const RescueRequest&) { return RescueResult{.was_dead = false}; };
  rescuer_.look();
  EXPECT_EQ(watch(30s), 0);
}

TEST_F(RescuerTest, NeverRescuesItself) {
  other_.id = session_.worker();
  rescuer_.look();
  EXPECT_EQ(watch(120s), 0);
  EXPECT_TRUE(rescued_.empty());
}

TEST_F(RescuerTest, IsLateByItsOwnTimeAlone) {
  TurnTime turn;
  std::vector<std::chrono::nanoseconds> told;
  Rescuer rescuer{store_, session_, clock_,
                  [&](WorkerId, const RescueResult&) {
                    clock_.advance(3s);
                    told.push_back(turn.lateness(clock_.boot_now()));
                  },
                  &turn};
  const auto take = [&](std::chrono::nanoseconds time) {
    clock_.advance(time);
    EXPECT_LT(turn.lateness(clock_.boot_now()), 0s);
  };
  store_.on_list_workers = [&] {
    take(1s);
    return std::vector<WorkerRecord>{other_};
  };
  store_.on_rescue = [&](const RescueRequest&) {
    take(1h);
    return RescueResult{.was_dead = true};
  };
  for (int i = 0; i < 10 && told.empty(); ++i) {
    rescuer.look();
    EXPECT_EQ(turn.lateness(clock_.boot_now()), told.empty() ? 0s : 3s);
    clock_.advance(5s);
    session_.beat();
  }
  EXPECT_EQ(told, std::vector<std::chrono::nanoseconds>{3s});
}

TEST_F(RescuerTest, SeesADeathOnThisMachineAtOnce) {
  const test::TemporaryFolder folder;
  test::Child child{{test::test_program("hold_page"), (folder.path() / "pages").string()}};
  other_.info.page = child.read_line();
  other_.info.boot_id = machine_boot_id();
  EXPECT_EQ(rescuer_.look(), 0);
  child.signal(SIGKILL);
  child.wait();
  EXPECT_EQ(rescuer_.look(), 1) << "no lease has to pass";
  ASSERT_TRUE(rescued_.at(0).started);
  EXPECT_EQ(rescued_.at(0).started->size(), 2U);
  EXPECT_FALSE(std::filesystem::exists(other_.info.page)) << "nobody needs the page any more";
}

TEST_F(RescuerTest, KeepsThePageUntilTheRescueIsDone) {
  const test::TemporaryFolder folder;
  test::Child child{{test::test_program("hold_page"), (folder.path() / "pages").string()}};
  other_.info.page = child.read_line();
  other_.info.boot_id = machine_boot_id();
  child.signal(SIGKILL);
  child.wait();
  const auto rescue = std::exchange(
      store_.on_rescue, [](const RescueRequest&) -> RescueResult { throw test::outage(); });
  EXPECT_THROW(rescuer_.look(), Error);
  store_.on_rescue = rescue;
  EXPECT_EQ(rescuer_.look(), 1);
  ASSERT_TRUE(rescued_.at(0).started) << "who was charged is still known";
}

TEST_F(RescuerTest, UsesThePageOfASilentWorker) {
  const test::TemporaryFolder folder;
  test::Child child{{test::test_program("hold_page"), (folder.path() / "pages").string()}};
  other_.info.page = child.read_line();
  other_.info.boot_id = machine_boot_id();
  child.signal(SIGSTOP);  // stopped, not dead: only its silence tells
  rescuer_.look();
  EXPECT_EQ(watch(30s), 1);
  ASSERT_TRUE(rescued_.at(0).started);
  EXPECT_EQ(rescued_.at(0).started->size(), 2U);
}

}  // namespace
}  // namespace stint
