// Jobs that end their process every time, amid jobs that do well. At full size (STINT_FULL=1) 100
// of them amid 2,000.
#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <set>
#include <string>
#include <vector>
#include <gtest/gtest.h>
#include "base/clock.hpp"
#include "support/eventually.hpp"
#include "support/grim_worker.hpp"
#include "support/store_contract.hpp"
#include "support/test_size.hpp"

namespace stint::test {
namespace {

using std::chrono::duration;

constexpr int kSlots = 2;
constexpr int kCrashes = 3;  // the limit

// Two for each slot and four more at once, then five a second.
constexpr double kBurst = 2 * kSlots + 4;
constexpr double kStartsPerSecond = 5;
// The spare was started before the job that it takes.
constexpr double kSpare = 1;

struct PoisonSize {
  int poison = 16;
  int healthy = 200;
};

PoisonSize poison_size() {
  if (is_full_size()) return {.poison = 100, .healthy = 2000};
  return {};
}

class Poison : public GrimWorker {
 protected:
  /// Spread over the others.
  void enqueue_all(const PoisonSize& size) {
    for (int i = 0; i < size.poison; ++i) {
      poison_.push_back(enqueue(i % 2 == 0 ? "g.segfault" : "g.hog"));
      for (int k = 0; k < size.healthy / size.poison; ++k) healthy_.push_back(enqueue("g.fine"));
    }
  }

  /// When each process began its first job, in order.
  std::vector<std::chrono::nanoseconds> first_starts() const {
    std::vector<std::chrono::nanoseconds> found;
    std::set<pid_t> known;
    for (const StartEntry& entry : starts()) {
      if (known.insert(entry.process).second) found.push_back(entry.at);
    }
    std::ranges::sort(found);
    return found;
  }

  /// However short or long one looks, there were no more than the limit lets through.
  void expect_limited_rate() const {
    const auto at = first_starts();
    double worst = 0;
    for (std::size_t i = 0; i < at.size(); ++i) {
      for (std::size_t k = i; k < at.size(); ++k) {
        const double passed = duration<double>(at[k] - at[i]).count();
        const auto started = static_cast<double>(k - i + 1);
        worst = std::max(worst, started - kStartsPerSecond * passed);
      }
    }
    std::printf("%zu processes; at most %.1f ahead of 5 a second\n", at.size(), worst);
    EXPECT_LE(worst, kBurst + kSpare + 1);
  }

  std::vector<JobId> poison_;
  std::vector<JobId> healthy_;
};
STINT_ON_EVERY_STORE(Poison);

TEST_P(Poison, FailsAtTheCrashLimitAndHarmsNoOther) {
  const PoisonSize size = poison_size();
  enqueue_all(size);
  const auto begin = real_clock().boot_now();
  Process running{worker(kSlots)};
  const auto are_healthy_done = [&] {
    return std::ranges::all_of(healthy_, [&](JobId id) { return state(id) == JobState::kDone; });
  };
  EXPECT_TRUE(eventually(are_healthy_done, std::chrono::minutes{2}));
  const double healthy_took = duration<double>(real_clock().boot_now() - begin).count();
  EXPECT_TRUE(eventually([&] { return open_jobs() == 0; }, std::chrono::minutes{5}));
  const double all_took = duration<double>(real_clock().boot_now() - begin).count();
  std::printf("%zu healthy jobs done after %.1f s, %zu poisonous ones failed after %.1f s\n",
              healthy_.size(), healthy_took, poison_.size(), all_took);
  expect_end(running);

  for (const JobId id : poison_) {
    const JobRecord job = find(id);
    SCOPED_TRACE(job.task);
    EXPECT_EQ(job.state, JobState::kFailed);
    EXPECT_EQ(job.cause, "crash limit");
    EXPECT_EQ(job.crashes, kCrashes);
    EXPECT_EQ(job.failures, 0);
  }
  for (const JobId id : healthy_) {
    const JobRecord job = find(id);
    EXPECT_EQ(job.state, JobState::kDone);
    EXPECT_EQ(job.crashes, 0) << "charged for another";
    EXPECT_EQ(job.attempts, 1) << "run again for another";
  }
  const auto all = starts();
  const auto times = [&](const char* task) {
    return std::ranges::count(all, std::string{task}, &StartEntry::task);
  };
  EXPECT_EQ(times("segfault") + times("hog"), size.poison * kCrashes);
  EXPECT_EQ(times("fine"), static_cast<std::ptrdiff_t>(healthy_.size()));
  expect_limited_rate();
}

}  // namespace
}  // namespace stint::test
