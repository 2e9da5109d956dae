#include "runtime/quick_tasks.hpp"
#include <gtest/gtest.h>

namespace stint {
namespace {

using namespace std::chrono_literals;

void note_several(QuickTasks& tasks, std::chrono::nanoseconds took) {
  for (int i = 0; i < 10; ++i) tasks.note("t", took, true);
}

TEST(QuickTasks, AreUnknownAtFirst) { EXPECT_EQ(QuickTasks{}.most_together("t"), 1); }

TEST(QuickTasks, GoTogetherAfterSeveralQuickOnes) {
  QuickTasks tasks;
  tasks.note("t", 10us, true);
  EXPECT_EQ(tasks.most_together("t"), 1);
  note_several(tasks, 10us);
  EXPECT_EQ(tasks.most_together("t"), QuickTasks::kMost);
  EXPECT_EQ(tasks.most_together("u"), 1);
}

TEST(QuickTasks, GoTogetherForAMillisecond) {
  QuickTasks tasks;
  note_several(tasks, 100us);
  EXPECT_EQ(tasks.most_together("t"), 10);
}

TEST(QuickTasks, AreAloneAfterASlowOne) {
  QuickTasks tasks;
  note_several(tasks, 10us);
  tasks.note("t", 1ms, true);
  EXPECT_EQ(tasks.most_together("t"), 1);
  note_several(tasks, 10us);
  EXPECT_EQ(tasks.most_together("t"), QuickTasks::kMost);
}

TEST(QuickTasks, AreAloneAfterALoudOne) {
  QuickTasks tasks;
  note_several(tasks, 10us);
  tasks.note("t", 10us, false);
  EXPECT_EQ(tasks.most_together("t"), 1);
}

}  // namespace
}  // namespace stint
