#include "base/mutex.hpp"
#include <chrono>
#include <thread>
#include <gtest/gtest.h>

namespace stint {
namespace {

using namespace std::chrono_literals;

struct Guarded {
  Mutex mutex;
  CondVar changed;
  int value STINT_GUARDED_BY(mutex) = 0;
};

TEST(MutexLock, ExcludesOtherThreads) {
  Guarded guarded;
  const auto add = [&] {
    for (int i = 0; i < 10'000; ++i) {
      const MutexLock lock{guarded.mutex};
      ++guarded.value;
    }
  };
  std::thread other{add};
  add();
  other.join();
  const MutexLock lock{guarded.mutex};
  EXPECT_EQ(guarded.value, 20'000);
}

TEST(MutexLock, LeavesAndEntersAgain) {
  Guarded guarded;
  MutexLock lock{guarded.mutex};
  lock.unlock();
  std::thread other{[&] {
    const MutexLock theirs{guarded.mutex};
    guarded.value = 7;
  }};
  other.join();
  lock.lock();
  EXPECT_EQ(guarded.value, 7);
}

TEST(CondVar, WakesAWaiter) {
  Guarded guarded;
  std::thread other{[&] {
    const MutexLock lock{guarded.mutex};
    guarded.value = 1;
    guarded.changed.notify_all();
  }};
  {
    MutexLock lock{guarded.mutex};
    while (guarded.value == 0) guarded.changed.wait(lock);
    EXPECT_EQ(guarded.value, 1);
  }
  other.join();
}

TEST(CondVar, TellsThatTheTimeHasPassed) {
  Guarded guarded;
  MutexLock lock{guarded.mutex};
  while (guarded.changed.wait_for(lock, 1ms)) {
  }
  EXPECT_FALSE(guarded.changed.wait_until(lock, std::chrono::steady_clock::now() - 1s));
}

}  // namespace
}  // namespace stint
