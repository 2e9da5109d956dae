#include "core/histogram.hpp"
#include <gtest/gtest.h>

namespace stint {
namespace {

using namespace std::chrono_literals;

TEST(HistogramQuantile, IsNothingOfNothing) {
  EXPECT_FALSE(HistogramSnapshot{}.quantile(0.5).has_value());
}

TEST(HistogramQuantile, LiesWithinItsBucket) {
  HistogramSnapshot snapshot;
  snapshot.buckets[3] = 90;  // 0.5 to 1 ms
  snapshot.buckets[9] = 10;  // 50 to 100 ms
  EXPECT_EQ(snapshot.quantile(0.45), 750us);
  EXPECT_EQ(snapshot.quantile(0.9), 1ms);
  EXPECT_GT(snapshot.quantile(0.91), 50ms);
  EXPECT_EQ(snapshot.quantile(1), 100ms);
}

TEST(HistogramQuantile, EndsAtTheLastBound) {
  HistogramSnapshot snapshot;
  snapshot.buckets.back() = 1;
  EXPECT_EQ(snapshot.quantile(0.5), 1h);
}

TEST(HistogramSnapshot, IsTakenFromAnother) {
  HistogramSnapshot before;
  before.buckets[0] = 2;
  before.sum = 1s;
  HistogramSnapshot after = before;
  after += before;
  after -= before;
  EXPECT_EQ(after.count(), 2);
  EXPECT_EQ(after.sum, 1s);
}

}  // namespace
}  // namespace stint
