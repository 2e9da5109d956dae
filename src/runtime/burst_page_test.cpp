#include "runtime/burst_page.hpp"
#include <atomic>
#include <string>
#include <thread>
#include <gtest/gtest.h>

namespace stint {
namespace {

class BurstPageTest : public ::testing::Test {
 protected:
  const UniqueFd memory_ = make_burst_page();
  BurstPage worker_{memory_};
  BurstPage slot_{memory_};
};

TEST_F(BurstPageTest, HasNoJobsAtFirst) {
  EXPECT_FALSE(slot_.begin_next());
  EXPECT_EQ(worker_.begun(), 0U);
  EXPECT_FALSE(worker_.take_end());
}

TEST_F(BurstPageTest, BeginsEachJobOnce) {
  worker_.reset(2);
  EXPECT_TRUE(slot_.begin_next());
  EXPECT_EQ(worker_.begun(), 1U);
  EXPECT_TRUE(slot_.begin_next());
  EXPECT_FALSE(slot_.begin_next());
  EXPECT_EQ(worker_.begun(), 2U);
}

TEST_F(BurstPageTest, PassesEnds) {
  worker_.reset(3);
  EXPECT_TRUE(slot_.begin_next());
  EXPECT_TRUE(slot_.leave_end("one"));
  EXPECT_EQ(worker_.take_end(), "one");
  EXPECT_FALSE(worker_.take_end());
  EXPECT_TRUE(slot_.begin_next());
  EXPECT_TRUE(slot_.leave_end(""));
  EXPECT_TRUE(slot_.begin_next());
  EXPECT_FALSE(slot_.leave_end("three")) << "the last one goes by message";
  EXPECT_EQ(worker_.take_end(), "");
  EXPECT_FALSE(worker_.take_end());
}

TEST_F(BurstPageTest, BeginsAnewWithEachBurst) {
  for (int i = 0; i < 100; ++i) {
    worker_.reset(3);
    EXPECT_TRUE(slot_.begin_next());
    EXPECT_TRUE(slot_.leave_end(std::string(5000, 'x')));
    EXPECT_TRUE(slot_.begin_next());
    EXPECT_TRUE(slot_.leave_end(std::to_string(i)));
    EXPECT_EQ(worker_.take_end()->size(), 5000U);
    EXPECT_EQ(worker_.take_end(), std::to_string(i));
    EXPECT_TRUE(slot_.begin_next());
    EXPECT_FALSE(slot_.begin_next());
  }
}

TEST_F(BurstPageTest, RefusesWhatDoesNotFit) {
  worker_.reset(2);
  EXPECT_TRUE(slot_.begin_next());
  EXPECT_FALSE(slot_.leave_end(std::string(70'000, 'x')));
  EXPECT_TRUE(slot_.leave_end(std::string(60'000, 'x')));
  EXPECT_FALSE(slot_.leave_end(std::string(6'000, 'x')));
  EXPECT_TRUE(slot_.leave_end("small"));
  EXPECT_EQ(worker_.take_end()->size(), 60'000U);
  EXPECT_EQ(worker_.take_end(), "small");
}

TEST_F(BurstPageTest, BeginsNothingThatWasTakenBack) {
  worker_.reset(5);
  EXPECT_TRUE(slot_.begin_next());
  EXPECT_EQ(worker_.recall(), 1U);
  EXPECT_FALSE(slot_.leave_end("late")) << "it must be told by message";
  EXPECT_FALSE(slot_.begin_next());
  EXPECT_FALSE(worker_.take_end());
}

TEST_F(BurstPageTest, DecidesBetweenABeginAndARecall) {
  for (int round = 0; round < 500; ++round) {
    worker_.reset(1000);
    std::size_t begun = 0;
    std::atomic<bool> runs{false};
    std::thread slot{[&] {
      while (slot_.begin_next()) {
        ++begun;
        runs = true;
      }
      runs = true;
    }};
    while (!runs) std::this_thread::yield();
    const std::size_t known = worker_.recall();
    slot.join();
    ASSERT_EQ(begun, known);
  }
}

}  // namespace
}  // namespace stint
