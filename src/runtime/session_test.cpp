#include "runtime/session.hpp"
#include <vector>
#include <gtest/gtest.h>
#include "support/scripted_store.hpp"

namespace stint {
namespace {

using namespace std::chrono_literals;

class SessionTest : public ::testing::Test {
 protected:
  ManualClock clock_;
  test::ScriptedStore store_;
  Session session_{store_, {.node = "n1"}, {.lease = 30s, .heartbeat = 10s}, clock_};
};

TEST_F(SessionTest, HoldsALeaseFromBeforeTheReply) {
  store_.on_register_worker = [this](const WorkerInfo& info) {
    EXPECT_EQ(info.node, "n1");
    clock_.advance(2s);  // the reply takes its time
    return WorkerId{7};
  };
  const auto before = clock_.boot_now();
  session_.open();
  EXPECT_EQ(session_.worker(), WorkerId{7});
  EXPECT_EQ(session_.lease_until(), before + 30s);
  EXPECT_EQ(session_.unbroken_since(), before);
}

TEST_F(SessionTest, ProlongsTheLeaseWithEachBeat) {
  session_.open();
  const auto opened = session_.unbroken_since();
  clock_.advance(10s);
  store_.on_beat = [this](WorkerId) {
    clock_.advance(3s);
    return true;
  };
  const auto sent = clock_.boot_now();
  EXPECT_TRUE(session_.beat());
  EXPECT_EQ(session_.lease_until(), sent + 30s);
  EXPECT_EQ(session_.unbroken_since(), opened);
}

TEST_F(SessionTest, LeavesTheLeaseAsItIsInAnOutage) {
  session_.open();
  const auto until = session_.lease_until();
  clock_.advance(10s);
  store_.on_beat = [](WorkerId) -> bool { throw test::outage(); };
  EXPECT_THROW(session_.beat(), Error);
  EXPECT_EQ(session_.lease_until(), until);
  EXPECT_EQ(session_.unbroken_since(), clock_.boot_now()) << "what it watched counts no more";
}

TEST_F(SessionTest, WatchesAnewAfterAPauseLongerThanItsLease) {
  session_.open();
  clock_.advance(31s);
  EXPECT_TRUE(session_.beat()) << "nobody rescued it meanwhile";
  EXPECT_EQ(session_.unbroken_since(), clock_.boot_now());
}

TEST_F(SessionTest, RegistersAnewOnceItWasDeclaredDead) {
  session_.open();
  clock_.advance(40s);
  store_.on_beat = [](WorkerId) { return false; };
  store_.on_register_worker = [](const WorkerInfo&) { return WorkerId{2}; };
  EXPECT_FALSE(session_.beat());
  EXPECT_EQ(session_.worker(), WorkerId{2});
  EXPECT_EQ(session_.lease_until(), clock_.boot_now() + 30s);
  EXPECT_EQ(session_.unbroken_since(), clock_.boot_now());
}

TEST_F(SessionTest, LeavesOnlyIfItEverCame) {
  std::vector<WorkerId> left;
  store_.on_retire_worker = [&](WorkerId worker) { left.push_back(worker); };
  session_.close();
  EXPECT_TRUE(left.empty());
  session_.open();
  session_.close();
  EXPECT_EQ(left, std::vector<WorkerId>{WorkerId{1}});
}

}  // namespace
}  // namespace stint
