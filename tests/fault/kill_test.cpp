// kill -9 of random workers in the middle of their work. At full size (STINT_FULL=1) 200 kills over
// 50,000 jobs, 8 workers at a time; STINT_SEED repeats a run's choices.
#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include "base/clock.hpp"
#include "support/child.hpp"
#include "support/eventually.hpp"
#include "support/history_check.hpp"
#include "support/kill_check.hpp"
#include "support/store_contract.hpp"
#include "support/temporary_folder.hpp"
#include "support/test_size.hpp"

namespace stint::test {
namespace {

using std::chrono::milliseconds;

struct KillSize {
  int jobs = 1000;
  int kills = 8;
  int workers = 4;
  int slots = 4;
};

KillSize kill_size() {
  if (is_full_size()) return {.jobs = 50'000, .kills = 200, .workers = 8};
  return {};
}

/// The workers of a run, its journal and what has been killed.
class Fleet {
 public:
  Fleet(std::string url, std::string journal, const KillSize& size)
      : url_(std::move(url)), journal_path_(std::move(journal)), size_(size) {
    const JournalWriter make{journal_path_};
    reader_ = std::make_unique<JournalReader>(journal_path_);
    for (int i = 0; i < size.workers; ++i) workers_.push_back(start());
    for (Child& worker : workers_) worker.read_line();
  }

  /// Kill a worker while it is at work, and put another in its place: the one with this index, or
  /// the next that is at work. (One that has just been started may never find anything to do.)
  void kill_one(std::size_t index) {
    Child* victim = nullptr;
    const auto find_victim = [&] {
      read();
      for (std::size_t i = 0; i < workers_.size() && victim == nullptr; ++i) {
        Child& worker = workers_[(index + i) % workers_.size()];
        if (under_way_[worker.pid()] > 0) victim = &worker;
      }
      return victim != nullptr;
    };
    if (!eventually(find_victim, std::chrono::minutes{1})) {
      throw std::runtime_error{"no worker finds work"};
    }
    const pid_t pid = victim->pid();
    victim->signal(SIGKILL);
    victim->wait();
    kills_.push_back({.pid = pid, .at = real_clock().boot_now()});
    *victim = start();
  }

  /// End all workers in good order; true if each of them did.
  bool drain() {
    for (const Child& worker : workers_) worker.signal(SIGTERM);
    return std::ranges::all_of(
        workers_, [](Child& worker) { return worker.wait(std::chrono::seconds{60}) == 0; });
  }

  int ended() {
    read();
    return ended_;
  }
  const std::vector<JournalEntry>& journal() {
    read();
    return journal_;
  }
  const std::vector<Kill>& kills() const { return kills_; }

 private:
  Child start() const {
    return Child{
        {test_program("journal_worker"), url_, journal_path_, std::to_string(size_.slots)}};
  }

  void read() {
    for (JournalEntry& entry : reader_->read_new()) {
      under_way_[entry.pid] += entry.is_end ? -1 : 1;
      ended_ += entry.is_end ? 1 : 0;
      journal_.push_back(entry);
    }
  }

  const std::string url_;
  const std::string journal_path_;
  const KillSize size_;
  std::unique_ptr<JournalReader> reader_;
  std::vector<Child> workers_;
  std::map<pid_t, int> under_way_;
  int ended_ = 0;
  std::vector<JournalEntry> journal_;
  std::vector<Kill> kills_;
};

class KillTest : public ::testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    std::string missing;
    place_ = make_store_place(GetParam(), missing);
    if (!place_) {
      ASSERT_FALSE(is_required(GetParam())) << missing;
      GTEST_SKIP() << missing;
    }
    place_->open_schema()->migrate();
    store_ = place_->open();
  }

  std::vector<JobId> enqueue(int count, std::mt19937_64& random) {
    std::vector<NewJob> jobs;
    for (int i = 0; i < count; ++i) {
      const int ms = std::uniform_int_distribution{5, 50}(random);
      jobs.push_back({.task = "killed.job", .args = fmt::format(R"({{"ms": {}}})", ms)});
    }
    std::vector<JobId> ids;
    for (const Enqueued& one : store_->enqueue(jobs)) ids.push_back(one.id);
    return ids;
  }

  bool have_all_ended() {
    std::int64_t open = 0;
    for (const StoreStatus::Count& count : store_->status().counts) {
      if (!is_final(count.state)) open += count.jobs;
    }
    return open == 0;
  }

  std::vector<JobRecord> all_jobs() {
    std::vector<JobRecord> all;
    JobFilter filter{.limit = 1000};
    for (std::vector<JobRecord> page; !(page = store_->list_jobs(filter)).empty();) {
      filter.before = page.back().id;
      all.insert(all.end(), page.begin(), page.end());
    }
    return all;
  }

  std::unique_ptr<StorePlace> place_;
  std::unique_ptr<Store> store_;
};
STINT_ON_EVERY_STORE(KillTest);

std::string describe(const std::vector<Kill>& kills, std::chrono::nanoseconds begin) {
  std::string text;
  for (const Kill& kill : kills) {
    text += fmt::format(" {}@{}ms", kill.pid,
                        std::chrono::duration_cast<milliseconds>(kill.at - begin).count());
  }
  return text;
}

TEST_P(KillTest, LosesNothingAndAcceptsNothingTwice) {
  const KillSize size = kill_size();
  const std::uint64_t seed = chosen_seed();
  std::printf("seed %llu, %d jobs, %d kills\n", static_cast<unsigned long long>(seed), size.jobs,
              size.kills);
  std::mt19937_64 random{seed};
  const TemporaryFolder folder;
  KillHistory history;
  history.acknowledged = enqueue(size.jobs, random);
  const auto begin = real_clock().boot_now();
  Fleet fleet{place_->url(), (folder.path() / "journal").string(), size};
  for (int kill = 0; kill < size.kills; ++kill) {
    const int due = size.jobs / (size.kills + 2) * (kill + 1);
    ASSERT_TRUE(eventually([&] { return fleet.ended() >= due; }, std::chrono::minutes{5}));
    fleet.kill_one(std::uniform_int_distribution<std::size_t>{
        0, static_cast<std::size_t>(size.workers) - 1}(random));
  }
  // Jobs that a kill took are run again after their pause: 10 s, longer after a second crash.
  const auto last_kill = real_clock().boot_now();
  EXPECT_TRUE(eventually([&] { return have_all_ended(); }, std::chrono::minutes{5}));
  const auto drained = real_clock().boot_now();
  EXPECT_TRUE(fleet.drain());
  history.journal = fleet.journal();
  history.kills = fleet.kills();
  history.stored = all_jobs();

  const KillVerdict verdict = judge(history);
  std::printf(
      "%s\ndrained %lld ms after the last kill; kills:%s\n", describe(verdict).c_str(),
      static_cast<long long>(std::chrono::duration_cast<milliseconds>(drained - last_kill).count()),
      describe(history.kills, begin).c_str());
  EXPECT_TRUE(verdict.violations.empty()) << verdict.violations.front();
  EXPECT_GE(verdict.kills_that_hit * 10, size.kills * 8);
  const HistoryVerdict order = check_history(history_of(history));
  EXPECT_TRUE(order.witnesses.empty()) << describe(order.witnesses.front());
}

}  // namespace
}  // namespace stint::test
