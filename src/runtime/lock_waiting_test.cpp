#include "runtime/lock_waiting.hpp"
#include <gtest/gtest.h>

namespace stint {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;

constexpr nanoseconds kStart = std::chrono::hours{1};
const LeaseTimes kTimes = lease_times(seconds{30}, seconds{17});
constexpr nanoseconds kDelay = seconds{17};  // longer than a renewal may take

LockAttempt busy(std::int64_t token, std::int64_t sequence, nanoseconds retry_in = {}) {
  return {.holder = {.token = token, .sequence = sequence}, .retry_in = retry_in};
}

TEST(LockWaiting, MayCompareOnlyWithWhatItSawForTheWholeDelay) {
  LockWaiting waiting{kTimes};
  EXPECT_FALSE(waiting.observed(kStart));
  waiting.see(busy(7, 1), kStart);
  waiting.see(busy(7, 1), kStart + seconds{6});
  EXPECT_FALSE(waiting.observed(kStart + kDelay - nanoseconds{1}));
  EXPECT_EQ(waiting.observed(kStart + kDelay), (LockMark{.token = 7, .sequence = 1}));
}

TEST(LockWaiting, LooksLongEnoughToSeeARenewalWhateverTheDelay) {
  for (const LeaseTimes& times :
       {lease_times(seconds{30}, nanoseconds{0}), lease_times(std::chrono::hours{1})}) {
    LockWaiting waiting{times};
    waiting.see(busy(7, 1), kStart);
    // A third of the ttl and a tenth of that, and what the request may take.
    EXPECT_FALSE(waiting.observed(kStart + times.renew_every * 11 / 10 + times.timeout));
    EXPECT_TRUE(waiting.observed(kStart + times.stop_after()));
  }
}

TEST(LockWaiting, BeginsAnewWithEachRenewalAndEachHolder) {
  LockWaiting waiting{kTimes};
  waiting.see(busy(7, 1), kStart);
  waiting.see(busy(7, 2), kStart + seconds{10});
  EXPECT_FALSE(waiting.observed(kStart + seconds{26}));
  EXPECT_TRUE(waiting.observed(kStart + seconds{27}));
  waiting.see(busy(8, 2), kStart + seconds{27});
  EXPECT_FALSE(waiting.observed(kStart + seconds{43}));
  EXPECT_EQ(waiting.observed(kStart + seconds{44}), (LockMark{.token = 8, .sequence = 2}));
}

TEST(LockWaiting, WaitsUntilSomethingMayHaveChanged) {
  LockWaiting waiting{kTimes};
  EXPECT_EQ(waiting.longest_wait(kStart), seconds{5}) << "news may be lost";
  waiting.see(busy(7, 1), kStart);
  EXPECT_EQ(waiting.longest_wait(kStart), seconds{5});
  EXPECT_EQ(waiting.longest_wait(kStart + seconds{15}), seconds{2}) << "the delay is over then";
  EXPECT_EQ(waiting.longest_wait(kStart + seconds{17}), seconds{5});
  waiting.see(busy(7, 1, milliseconds{300}), kStart + seconds{17});
  EXPECT_EQ(waiting.longest_wait(kStart + seconds{17}), milliseconds{300}) << "the server says so";
}

TEST(LockWaiting, LooksMoreOftenThanAShortLeaseEnds) {
  LockWaiting waiting{lease_times(seconds{2}, seconds{1})};
  waiting.see(busy(7, 1, seconds{3}), kStart);
  EXPECT_EQ(waiting.longest_wait(kStart), seconds{1});
}

TEST(LockWaiting, PausesLongerEachTimeThatItIsWokenForNothing) {
  LockWaiting waiting{kTimes};
  nanoseconds now = kStart;
  waiting.see(busy(7, 1), now);
  EXPECT_EQ(waiting.pause(), nanoseconds{0});
  int tries = 0;
  // Every wait returns at once.
  while (now < kStart + seconds{60}) {
    now += waiting.pause() + milliseconds{1};
    waiting.see(busy(7, 1), now);
    ++tries;
  }
  EXPECT_LE(tries, 60 * 2 + 5);
  EXPECT_EQ(waiting.pause(), milliseconds{600});
}

TEST(LockWaiting, PausesNotForWhatIsNewNorForWhatCameLongAgo) {
  LockWaiting waiting{kTimes};
  waiting.see(busy(7, 1), kStart);
  waiting.see(busy(7, 1), kStart + milliseconds{1});
  EXPECT_GT(waiting.pause(), nanoseconds{0});
  waiting.see(busy(8, 1), kStart + milliseconds{2});
  EXPECT_EQ(waiting.pause(), nanoseconds{0}) << "another holder";
  waiting.see(busy(8, 1), kStart + seconds{3});
  EXPECT_EQ(waiting.pause(), nanoseconds{0}) << "no answer to the same news";
}

}  // namespace
}  // namespace stint
