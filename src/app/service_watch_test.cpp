#include "app/service_watch.hpp"
#include <atomic>
#include <string>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include "support/datagram_receiver.hpp"
#include "support/eventually.hpp"
#include "support/temporary_folder.hpp"

namespace stint::test {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::Optional;

TEST(ServiceNews, SaysEachThingOnce) {
  ServiceNews news{0s};
  ServiceState state{.status = "starting"};
  EXPECT_EQ(news.next(state, 1s), "STATUS=starting\n");
  EXPECT_EQ(news.next(state, 2s), "");
  state = {.is_ready = true, .status = "at work"};
  EXPECT_EQ(news.next(state, 3s), "READY=1\nSTATUS=at work\n");
  EXPECT_EQ(news.next(state, 4s), "");
  state.is_ready = false;  // the store is away for a while
  EXPECT_EQ(news.next(state, 5s), "");
  state.is_ready = true;
  EXPECT_EQ(news.next(state, 6s), "") << "it has been said";
  state.is_stopping = true;
  state.status = "first\nsecond";
  EXPECT_EQ(news.next(state, 7s), "STOPPING=1\nSTATUS=first second\n");
  EXPECT_EQ(news.next(state, 8s), "");
}

TEST(ServiceNews, GivesASignOfLifeAtHalfOfTheTime) {
  ServiceNews news{10s};
  const ServiceState state{};
  EXPECT_EQ(news.next(state, 100s), "WATCHDOG=1\n");
  EXPECT_EQ(news.next(state, 104s), "");
  EXPECT_EQ(news.next(state, 105s), "WATCHDOG=1\n");
  EXPECT_EQ(news.next(state, 109s), "");
  EXPECT_EQ(news.next(state, 110s), "WATCHDOG=1\n");
}

TEST(ServiceNews, GivesNoSignOfLifeWhileSomethingHangs) {
  ServiceNews news{10s};
  EXPECT_EQ(news.next({}, 100s), "WATCHDOG=1\n");
  const ServiceState hanging{.status = "at work", .hang = "the heartbeat"};
  EXPECT_EQ(news.next(hanging, 106s), "STATUS=hangs: the heartbeat\n");
  for (auto now = 107s; now < 200s; ++now) EXPECT_EQ(news.next(hanging, now), "");
  EXPECT_EQ(news.next({.status = "at work"}, 200s), "STATUS=at work\nWATCHDOG=1\n");
}

class ServiceWatchTest : public ::testing::Test {
 protected:
  TemporaryFolder folder_;
  const std::string path_ = (folder_.path() / "notify").string();
  DatagramReceiver manager_{path_};
};

TEST_F(ServiceWatchTest, StopsItsSignsWhileSomethingHangs) {
  std::atomic<bool> hangs{false};
  ServiceWatch watch{{.socket = path_, .watchdog = 20ms},
                     [&] { return ServiceState{.is_ready = true, .hang = hangs ? "it" : ""}; }};
  EXPECT_THAT(manager_.receive(), Optional(HasSubstr("READY=1\n")));
  for (int i = 0; i < 3; ++i) EXPECT_THAT(manager_.receive(), Optional(HasSubstr("WATCHDOG=1\n")));
  hangs = true;
  std::optional<std::string> said = manager_.receive();
  while (said && *said == "WATCHDOG=1\n") said = manager_.receive();  // sent before
  EXPECT_THAT(said, Optional(std::string{"STATUS=hangs: it\n"}));
  EXPECT_EQ(manager_.receive(200ms), std::nullopt) << "ten times the manager's patience";
  hangs = false;
  EXPECT_THAT(manager_.receive(), Optional(std::string{"STATUS=\nWATCHDOG=1\n"}));
}

TEST_F(ServiceWatchTest, TellsTheEndAlsoIfThatIsQuick) {
  std::atomic<bool> stops{false};
  {
    const ServiceWatch watch{{.socket = path_},
                             [&] { return ServiceState{.is_ready = true, .is_stopping = stops}; }};
    EXPECT_THAT(manager_.receive(), Optional(HasSubstr("READY=1\n")));
    stops = true;
  }
  EXPECT_THAT(manager_.receive(0ms), Optional(HasSubstr("STOPPING=1\n")));
}

TEST(ServiceWatch, AsksNothingWithoutAManager) {
  int asked = 0;
  {
    ServiceWatch watch{{.watchdog = 1ms}, [&] {
                         ++asked;
                         return ServiceState{};
                       }};
    watch.look_soon();
  }
  EXPECT_EQ(asked, 0);
}

TEST_F(ServiceWatchTest, SaysAgainWhatWasNotTaken) {
  const std::string late = (folder_.path() / "late").string();
  std::atomic<int> looks{0};
  ServiceWatch watch{{.socket = late}, [&] {
                       ++looks;
                       return ServiceState{.is_ready = true};
                     }};
  watch.look_soon();
  ASSERT_TRUE(eventually([&] { return looks >= 2; }));
  const DatagramReceiver manager{late};
  EXPECT_THAT(manager.receive(), Optional(HasSubstr("READY=1\n")));
}

}  // namespace
}  // namespace stint::test
