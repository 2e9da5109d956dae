#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include "app/store_bench.hpp"

namespace stint {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

BenchFigure enqueue(double rate, double p50, double p99) {
  return {
      .name = "enqueue", .median = rate, .least = rate, .greatest = rate, .p99 = p99, .p50 = p50};
}

BenchFigure rate(const char* name, double median, int slots = 0) {
  return {.name = name, .slots = slots, .median = median, .least = median, .greatest = median};
}

TEST(BenchVerdict, SaysNothingOfNothing) { EXPECT_THAT(bench_verdict({}), IsEmpty()); }

TEST(BenchVerdict, PraisesQuickCommitsAndAdvisesBulkForSlowOnes) {
  EXPECT_THAT(bench_verdict({enqueue(5000, 0.2, 0.9), rate("bulk", 50'000)}),
              ElementsAre(HasSubstr("after 0.2 ms (one in a hundred takes 0.9 ms or more): commits "
                                    "are quick")));
  EXPECT_THAT(bench_verdict({enqueue(100, 10, 20), rate("bulk", 50'000)}),
              ElementsAre(AllOf(HasSubstr("slow here"), HasSubstr("500 times"))));
  EXPECT_THAT(bench_verdict({enqueue(400, 2.5, 4), rate("bulk", 500)}),
              ElementsAre(AllOf(Not(HasSubstr("slow")), Not(HasSubstr("times")))));
}

TEST(BenchVerdict, TellsFromWhichLengthOfJobsTheStoreIsNoLimit) {
  EXPECT_THAT(bench_verdict({rate("drain", 8000, 1), rate("drain", 10'000, 4)}),
              ElementsAre(AllOf(HasSubstr("A worker of 4 slots completes 10000 jobs a second"),
                                HasSubstr("more than 0.4 ms"))));
}

TEST(BenchVerdict, TellsHowSoonAJobBegins) {
  BenchFigure start{.name = "start",
                    .unit = BenchUnit::kMilliseconds,
                    .median = 0.5,
                    .least = 0.5,
                    .greatest = 0.5,
                    .p99 = 2,
                    .p50 = 0.5};
  EXPECT_THAT(bench_verdict({start}), ElementsAre(HasSubstr("0.5 ms after its enqueue")));
  start.p50 = 300;
  EXPECT_THAT(bench_verdict({start}), ElementsAre(HasSubstr("looks by itself")));
}

TEST(BenchVerdict, WarnsFirstOfRoundsThatDiffer) {
  BenchFigure drain = rate("drain", 8000, 2);
  drain.least = 2000;
  drain.greatest = 9000;
  EXPECT_THAT(bench_verdict({drain}), ElementsAre(HasSubstr("factor of 4.5"), HasSubstr("8000")));
}

}  // namespace
}  // namespace stint
