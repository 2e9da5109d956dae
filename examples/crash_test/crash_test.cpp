// A test of one's own tasks with real workers: what becomes of those that crash, hang or are cut
// off.
#include <csignal>
#include <cstdio>
#include <string>
#include <gtest/gtest.h>
#include <stint/stint.hpp>
#include <stint/testing.hpp>

using namespace std::chrono_literals;
using stint::arg;

namespace {

int divide(int a, int b) {
  std::printf("dividing %d by %d\n", a, b);
  std::fflush(stdout);
  if (b == 0) std::raise(SIGFPE);
  return a / b;
}

void never_end() {
  for (;;) asm volatile("");
}

STINT_MODULE(sums, m) {
  m.task("divide", divide, {arg("a"), arg("b")});
  m.task("never_end", never_end, {}, {.timeout = 300ms});
}

}  // namespace

TEST(Sums, AreDividedByRealWorkers) {
  stint::testing::Workers workers{{sums}, {.count = 2}};
  auto job = workers.client().enqueue("sums.divide", {{"a", 42}, {"b", 6}});
  ASSERT_TRUE(workers.wait_idle()) << workers.report();
  EXPECT_EQ(job.get(), 7);
}

TEST(Sums, TakeNobodyAlongWhenTheyCrash) {
  stint::testing::Workers workers{{sums}};
  auto bad = workers.client().enqueue("sums.divide", {{"a", 1}, {"b", 0}});
  auto good = workers.client().enqueue("sums.divide", {{"a", 8}, {"b", 2}});
  ASSERT_TRUE(workers.wait_idle()) << workers.report();
  EXPECT_EQ(good.get(), 4);
  EXPECT_EQ(bad.state(), stint::JobState::kScheduled) << "a crash is tried again after a while";
  EXPECT_EQ(bad.logs().front().text, "dividing 1 by 0") << "what was printed is not lost";
  EXPECT_TRUE(workers.is_running(0));
}

TEST(Sums, AreEndedWhenTheyHang) {
  stint::testing::Workers workers{{sums}, {.settings = "[worker]\ngrace = \"200ms\""}};
  auto job = workers.client().enqueue("sums.never_end");
  ASSERT_TRUE(workers.wait_idle()) << workers.report();
  EXPECT_EQ(job.state(), stint::JobState::kFailed);
}

TEST(Sums, SurviveTheLossOfAWorker) {
  stint::testing::Workers workers{{sums}, {.count = 2}};
  workers.kill(0);
  auto job = workers.client().enqueue("sums.divide", {{"a", 9}, {"b", 3}});
  ASSERT_TRUE(workers.wait_idle()) << workers.report();
  EXPECT_EQ(job.get(), 3);
  workers.restart(0);
  EXPECT_TRUE(workers.stop()) << workers.report();
}

int main(int argc, char** argv) {
  stint::serve_slot(argc, argv, {sums});  // the workers are this program again
  ::testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
