#include "base/backoff.hpp"
#include <gtest/gtest.h>

namespace stint {
namespace {

using namespace std::chrono_literals;

constexpr BackoffOptions kOptions{.first = 10s, .longest = 1h, .factor = 2, .jitter = 0.2};

TEST(BackoffPause, DoublesFromTheFirst) {
  EXPECT_EQ(backoff_pause(kOptions, 1, 0), 10s);
  EXPECT_EQ(backoff_pause(kOptions, 2, 0), 20s);
  EXPECT_EQ(backoff_pause(kOptions, 5, 0), 160s);
}

TEST(BackoffPause, StaysWithinTheJitter) {
  EXPECT_EQ(backoff_pause(kOptions, 1, -1), 8s);
  EXPECT_EQ(backoff_pause(kOptions, 1, 1), 12s);
}

TEST(BackoffPause, NeverExceedsTheLongestWhateverTheCount) {
  EXPECT_EQ(backoff_pause(kOptions, 40, 1), 1h);
  EXPECT_EQ(backoff_pause(kOptions, 2'000'000'000, 1), 1h);
  constexpr auto forever = std::chrono::nanoseconds::max();
  EXPECT_EQ(backoff_pause({.first = 10s, .longest = forever}, 2'000'000'000, 1), forever);
}

TEST(BackoffPause, TakesACountBelowOneAsTheFirst) {
  EXPECT_EQ(backoff_pause(kOptions, 0, 0), 10s);
  EXPECT_EQ(backoff_pause(kOptions, -5, 0), 10s);
}

TEST(BackoffPause, IsNeverNegative) {
  EXPECT_EQ(backoff_pause({.first = 10s, .longest = 1h, .factor = 2, .jitter = 3}, 1, -1), 0s);
}

TEST(Backoff, GrowsUntilReset) {
  Backoff backoff{{.first = 1s, .longest = 1h, .factor = 2, .jitter = 0}, 1};
  EXPECT_EQ(backoff.next(), 1s);
  EXPECT_EQ(backoff.next(), 2s);
  EXPECT_EQ(backoff.failures(), 2);
  backoff.reset();
  EXPECT_EQ(backoff.failures(), 0);
  EXPECT_EQ(backoff.next(), 1s);
}

TEST(Backoff, DrawsTheSameFromTheSameSeedAndOtherwiseFromAnother) {
  Backoff one{kOptions, 7};
  Backoff same{kOptions, 7};
  Backoff other{kOptions, 8};
  const auto first = one.next();
  EXPECT_EQ(first, same.next());
  EXPECT_NE(first, other.next());
}

}  // namespace
}  // namespace stint
