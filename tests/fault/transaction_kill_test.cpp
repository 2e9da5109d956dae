// kill -9 of random workers whose tasks write in the transaction of their job: each job's row must
// be there exactly once. At full size (STINT_FULL=1) 100 kills over 10,000 jobs; STINT_SEED repeats
// a run's choices.
#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <memory>
#include <random>
#include <string>
#include <vector>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include "stint/json.hpp"
#include "support/effect_check.hpp"
#include "support/eventually.hpp"
#include "support/execution_journal.hpp"
#include "support/program.hpp"
#include "support/test_size.hpp"

namespace stint::test {
namespace {

struct TransactionSize {
  int jobs = 240;
  int kills = 4;
  std::size_t workers = 3;
};

TransactionSize transaction_size() {
  if (is_full_size()) return {.jobs = 10'000, .kills = 100, .workers = 4};
  return {};
}

class TransactionKill : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string missing;
    place_ = make_store_place("postgres", missing);
    if (!place_) {
      ASSERT_FALSE(is_required("postgres")) << missing;
      GTEST_SKIP() << missing;
    }
    place_->open_schema()->migrate();
    store_ = place_->open();
    table_.emplace(*place_);
    program.set("STINT_STORE", place_->url());
    program.set("OUTSIDE_URL", place_->url().substr(0, place_->url().find('?')));
    const JournalWriter make{journal_path()};
    journal_ = std::make_unique<JournalReader>(journal_path());
  }
  void TearDown() override {
    workers_.clear();
    table_.reset();
    store_.reset();
  }

  std::string journal_path() const { return program.folder() + "/journal"; }

  /// Run jobs and kill workers amid their work; returns what was left at the end.
  EffectHistory run(const std::string& isolation, bool outside, const TransactionSize& size);

  Program program{"transaction_tasks"};
  std::unique_ptr<StorePlace> place_;
  std::unique_ptr<Store> store_;
  std::optional<EffectTable> table_;

 private:
  std::unique_ptr<Process> start(const std::string& isolation) const {
    return std::make_unique<Process>(program.options(
        {"worker", "run", "--slots", "4", "--isolation", isolation, "--log-level", "error"}));
  }
  std::vector<JobId> enqueue(int count, bool outside, std::mt19937_64& random) {
    std::vector<NewJob> jobs;
    for (int i = 0; i < count; ++i) {
      const json args{{"table", table_->name()},
                      {"ms", std::uniform_int_distribution{2, 30}(random)},
                      {"outside", outside}};
      jobs.push_back({.task = "x.work", .args = args.dump()});
    }
    std::vector<JobId> ids;
    for (const Enqueued& one : store_->enqueue(jobs)) ids.push_back(one.id);
    return ids;
  }
  void read_journal() {
    for (const JournalEntry& entry : journal_->read_new()) {
      (entry.is_end ? ended_ : begun_) += 1;
    }
  }
  std::int64_t open_jobs() {
    std::int64_t open = 0;
    for (const StoreStatus::Count& count : store_->status().counts) {
      if (!is_final(count.state)) open += count.jobs;
    }
    return open;
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

  std::unique_ptr<JournalReader> journal_;
  std::vector<std::unique_ptr<Process>> workers_;
  int begun_ = 0;
  int ended_ = 0;
};

EffectHistory TransactionKill::run(const std::string& isolation, bool outside,
                                   const TransactionSize& size) {
  const char* const given = std::getenv("STINT_SEED");
  const std::uint64_t seed =
      given != nullptr ? std::strtoull(given, nullptr, 10) : std::random_device{}();
  std::printf("seed %llu, %d jobs, %d kills\n", static_cast<unsigned long long>(seed), size.jobs,
              size.kills);
  std::mt19937_64 random{seed};
  EffectHistory history;
  history.acknowledged = enqueue(size.jobs, outside, random);
  while (workers_.size() < size.workers) workers_.push_back(start(isolation));
  for (int kill = 0; kill < size.kills; ++kill) {
    // At any moment of an execution, its commit included.
    const int due = size.jobs / (size.kills + 2) * (kill + 1) +
                    std::uniform_int_distribution{0, size.jobs / (size.kills + 2) / 2}(random);
    EXPECT_TRUE(eventually(
        [&] {
          read_journal();
          return ended_ >= due && begun_ > ended_;
        },
        std::chrono::minutes{5}));
    auto& victim =
        workers_[std::uniform_int_distribution<std::size_t>{0, size.workers - 1}(random)];
    victim->send_signal(SIGKILL);
    EXPECT_EQ(victim->wait().signal, SIGKILL);
    victim = start(isolation);
  }
  EXPECT_TRUE(eventually([&] { return open_jobs() == 0; }, std::chrono::minutes{5}));
  for (const auto& worker : workers_) worker->send_signal(SIGTERM);
  for (const auto& worker : workers_) EXPECT_EQ(worker->wait().exit_code, 0) << worker->err();
  read_journal();
  history.stored = all_jobs();
  history.effects = table_->rows();
  std::printf("%d executions begun, %d of them ended\n", begun_, ended_);
  return history;
}

TEST_F(TransactionKill, LeavesOneRowAJobOnThreads) {
  const EffectVerdict verdict = judge(run("thread", false, transaction_size()));
  std::printf("%s\n", describe(verdict).c_str());
  EXPECT_TRUE(verdict.violations.empty()) << verdict.violations.front();
}

TEST_F(TransactionKill, LeavesOneRowAJobInProcesses) {
  const EffectVerdict verdict = judge(run("process", false, transaction_size()));
  std::printf("%s\n", describe(verdict).c_str());
  EXPECT_TRUE(verdict.violations.empty()) << verdict.violations.front();
}

/// That the test can fail: with the writes in a transaction of their own, kills leave rows of
/// executions that were not accepted, and doubled ones.
TEST_F(TransactionKill, SeesWritesOutsideTheTransaction) {
  // Not each kill hits a worker that is at work: enough of them that one surely does.
  const EffectVerdict verdict = judge(run("process", true, {.jobs = 400, .kills = 8}));
  std::printf("%s\n", describe(verdict).c_str());
  EXPECT_GT(verdict.doubled, 0);
  EXPECT_GT(verdict.foreign, 0);
  EXPECT_EQ(verdict.lost, 0);
}

// --- The judge, on histories that were doctored -------------------------------------------------

EffectHistory sound_effects() {
  JobRecord first;
  first.id = JobId{1};
  first.state = JobState::kDone;
  first.epoch = Epoch{1};
  JobRecord second = first;
  second.id = JobId{2};
  second.epoch = Epoch{3};
  return {.acknowledged = {JobId{1}, JobId{2}},
          .stored = {first, second},
          .effects = {{JobId{1}, Epoch{1}, ""}, {JobId{2}, Epoch{3}, ""}}};
}

TEST(EffectCheck, PassesASoundHistory) { EXPECT_TRUE(judge(sound_effects()).violations.empty()); }

TEST(EffectCheck, SeesWhatIsWrong) {
  EffectHistory lost = sound_effects();
  lost.stored[1].state = JobState::kRunning;
  EXPECT_EQ(judge(lost).lost, 1);
  EffectHistory gone = sound_effects();
  gone.stored.pop_back();
  EXPECT_EQ(judge(gone).lost, 1);
  EffectHistory missing = sound_effects();
  missing.effects.pop_back();
  EXPECT_EQ(judge(missing).missing, 1);
  EffectHistory doubled = sound_effects();
  doubled.effects.push_back({JobId{2}, Epoch{3}, ""});
  EXPECT_EQ(judge(doubled).doubled, 1);
  EffectHistory zombie = sound_effects();
  zombie.effects[1].epoch = Epoch{1};  // of the worker that was killed
  EXPECT_EQ(judge(zombie).foreign, 1);
  EffectHistory stranger = sound_effects();
  stranger.effects.push_back({JobId{9}, Epoch{1}, ""});
  EXPECT_EQ(judge(stranger).foreign, 1);
}

}  // namespace
}  // namespace stint::test
