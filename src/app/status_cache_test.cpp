#include "app/status_cache.hpp"
#include <atomic>
#include <chrono>
#include <stdexcept>
#include <gtest/gtest.h>
#include "support/eventually.hpp"

namespace stint {
namespace {

using namespace std::chrono_literals;
using test::eventually;

class StatusCacheTest : public ::testing::Test {
 protected:
  StoreStatus read() {
    ++reads_;
    clock_.advance(took_.load());
    if (fails_) throw std::runtime_error{"it is down"};
    return {};
  }

  std::atomic<int> reads_{0};
  std::atomic<bool> fails_{false};
  std::atomic<std::chrono::milliseconds> took_{0ms};
  ManualClock clock_;
  StatusCache cache_{[this] { return read(); }, clock_};
};

TEST_F(StatusCacheTest, ReadsNothingUntilItIsWanted) {
  EXPECT_EQ(cache_.latest(), nullptr);
  EXPECT_EQ(reads_, 0);
}

TEST_F(StatusCacheTest, ReadsOnceForManyReaders) {
  EXPECT_TRUE(eventually([&] { return cache_.fresh() != nullptr; }));
  for (int i = 0; i < 100; ++i) ASSERT_NE(cache_.fresh(), nullptr);
  EXPECT_EQ(reads_, 1);
  clock_.advance(5s);
  EXPECT_EQ(cache_.fresh(), nullptr);
  EXPECT_NE(cache_.latest(), nullptr) << "what is old is there still";
  EXPECT_TRUE(eventually([&] { return cache_.fresh() != nullptr; }));
  EXPECT_EQ(reads_, 2);
}

TEST_F(StatusCacheTest, RestsTwentyTimesAsLongAsAReadingTook) {
  took_ = 2s;
  EXPECT_TRUE(eventually([&] { return cache_.fresh() != nullptr; }));
  clock_.advance(39s);
  EXPECT_NE(cache_.fresh(), nullptr);
  clock_.advance(1s);
  EXPECT_EQ(cache_.fresh(), nullptr);
}

TEST_F(StatusCacheTest, KeepsThatTheStoreDidNotAnswer) {
  fails_ = true;
  EXPECT_TRUE(eventually([&] { return cache_.fresh() != nullptr; }));
  EXPECT_FALSE(cache_.fresh()->status.has_value());
  EXPECT_EQ(cache_.fresh()->error, "it is down");
  EXPECT_EQ(reads_, 1) << "a store that is down is not asked more often";
}

}  // namespace
}  // namespace stint
