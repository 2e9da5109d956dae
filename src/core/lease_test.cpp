#include "core/lease.hpp"
#include <random>
#include <gtest/gtest.h>

namespace stint {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;

constexpr nanoseconds kStart = std::chrono::hours{1};

Lease lease_of(seconds ttl, std::optional<nanoseconds> stall = {}) {
  return Lease{{.times = lease_times(ttl), .stall_timeout = stall}};
}

TEST(Lease, IsRenewedAfterAThirdOfItsTtl) {
  Lease lease = lease_of(seconds{30});
  lease.wait();
  EXPECT_EQ(lease.state(), LockState::kWaiting);
  lease.acquire(7, kStart);
  EXPECT_EQ(lease.state(), LockState::kHeld);
  EXPECT_FALSE(lease.look(kStart + seconds{8}).renew);
  EXPECT_TRUE(lease.look(kStart + seconds{11}).renew);
  ASSERT_TRUE(lease.next_look());
  lease.begin_renewal();
  EXPECT_FALSE(lease.look(kStart + seconds{12}).renew);
  lease.renew(kStart + seconds{11});
  EXPECT_FALSE(lease.look(kStart + seconds{19}).renew);
  EXPECT_EQ(lease.kill_at(), kStart + seconds{11} + milliseconds{29'400});
}

TEST(Lease, StopsAndKillsByTheTimeOfTheLastSuccessfulRequest) {
  Lease lease = lease_of(seconds{30});
  lease.acquire(7, kStart);
  lease.begin_renewal();
  lease.fail_to_renew(kStart + seconds{12});
  EXPECT_EQ(lease.state(), LockState::kAtRisk);
  EXPECT_FALSE(lease.look(kStart + milliseconds{21'899}).stop);
  EXPECT_TRUE(lease.look(kStart + milliseconds{21'900}).stop);
  EXPECT_FALSE(lease.look(kStart + milliseconds{21'901}).stop) << "said once";
  EXPECT_FALSE(lease.look(kStart + milliseconds{29'399}).kill);
  EXPECT_EQ(lease.remaining(kStart + milliseconds{29'399}), milliseconds{1});
  EXPECT_TRUE(lease.look(kStart + milliseconds{29'400}).kill);
  EXPECT_EQ(lease.state(), LockState::kLost);
  EXPECT_EQ(lease.remaining(kStart + milliseconds{29'400}), nanoseconds{0});
  EXPECT_FALSE(lease.next_look());
}

TEST(Lease, IsNotBroughtBackByALateAnswer) {
  Lease lease = lease_of(seconds{30});
  lease.acquire(7, kStart);
  lease.begin_renewal();
  lease.look(kStart + seconds{30});
  lease.renew(kStart + seconds{29});
  EXPECT_EQ(lease.state(), LockState::kLost);
  lease.release();
  EXPECT_EQ(lease.state(), LockState::kLost);
}

TEST(Lease, TriesAgainSoonAfterAFailureAndThenLessOften) {
  Lease lease = lease_of(seconds{30});
  lease.acquire(7, kStart);
  nanoseconds now = kStart + seconds{10};
  for (const int pause : {50, 100, 200, 400, 800, 1600, 2000, 2000}) {
    lease.begin_renewal();
    lease.fail_to_renew(now);
    EXPECT_FALSE(lease.look(now + milliseconds{pause - 1}).renew);
    now += milliseconds{pause};
    EXPECT_TRUE(lease.look(now).renew) << pause;
  }
}

TEST(Lease, EndsAHoldingWhoseWorkStalls) {
  Lease lease = lease_of(seconds{30}, seconds{5});
  lease.acquire(7, kStart);
  lease.extend(kStart + seconds{4});
  EXPECT_FALSE(lease.look(kStart + seconds{8}).stop);
  EXPECT_TRUE(lease.look(kStart + seconds{9}).stop);
  EXPECT_TRUE(lease.look(kStart + seconds{9} + milliseconds{7'500}).kill);
}

TEST(Lease, StallsOnlyWhileThereIsWork) {
  Lease lease = lease_of(seconds{30}, seconds{5});
  lease.acquire(7, kStart);
  lease.rest();
  EXPECT_FALSE(lease.look(kStart + seconds{9}).stop);
  EXPECT_EQ(lease.kill_at(), kStart + milliseconds{29'400});
  lease.extend(kStart + seconds{9});
  EXPECT_FALSE(lease.look(kStart + seconds{13}).stop);
  EXPECT_TRUE(lease.look(kStart + seconds{14}).stop);
}

TEST(Lease, WithoutOneLastsUntilItIsGivenBack) {
  Lease lease{{.times = lease_times(seconds{30}), .has_lease = false}};
  lease.acquire(7, kStart);
  EXPECT_FALSE(lease.next_look());
  EXPECT_EQ(lease.remaining(kStart + seconds{1'000'000}), nanoseconds::max());
  lease.release();
  EXPECT_EQ(lease.state(), LockState::kReleased);
}

// Whatever comes in whatever order: no right outlives its server's, and nothing but an acquisition
// gives a lost one back.
TEST(Lease, NeverOutlivesTheServersLeaseInAnyOrderOfEvents) {
  std::mt19937_64 random{20'261'122};
  Lease lease = lease_of(seconds{10});
  nanoseconds now = kStart;
  nanoseconds sent_at = now;
  nanoseconds ends_at{0};  // of the server's lease at the earliest
  bool is_answer_due = false;
  for (int step = 0; step < 1'000'000; ++step) {
    now += milliseconds{random() % 1500};
    const bool was_held = lease.is_held();
    switch (random() % 8) {
      case 0:
        if (was_held) break;
        lease.acquire(step + 1, now);
        ends_at = now + seconds{10};
        is_answer_due = false;
        break;
      case 1:
      case 2:
        if (!lease.look(now).renew) break;
        lease.begin_renewal();
        sent_at = now;
        is_answer_due = true;
        break;
      case 3:
      case 4:
        if (!is_answer_due) break;
        is_answer_due = false;
        if (lease.is_held()) ends_at = sent_at + seconds{10};
        lease.renew(sent_at);
        break;
      case 5:
        if (!is_answer_due) break;
        is_answer_due = false;
        lease.fail_to_renew(now);
        break;
      case 6:
        if (random() % 8 == 0) lease.lose();
        break;
      default:
        if (random() % 8 == 0) lease.release();
        break;
    }
    const Lease::Due due = lease.look(now);
    if (lease.is_held()) {
      ASSERT_LE(now + lease.remaining(now), ends_at - milliseconds{500}) << step;
      ASSERT_LT(now, ends_at) << step;
      ASSERT_TRUE(lease.next_look()) << step;
    } else {
      ASSERT_EQ(lease.remaining(now), nanoseconds{0}) << step;
      ASSERT_FALSE(due.renew || due.stop) << step;
    }
  }
}

}  // namespace
}  // namespace stint
