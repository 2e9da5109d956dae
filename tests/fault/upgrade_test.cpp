// Tables are upgraded under a fleet that works on, and its programs are replaced one after the
// other (T30). The migrating program is killed at each of its statements. At full size
// (STINT_FULL=1) the rolling goes on for ten minutes.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <deque>
#include <memory>
#include <string>
#include <thread>
#include <vector>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include "base/clock.hpp"
#include "support/child.hpp"
#include "support/eventually.hpp"
#include "support/kill_check.hpp"
#include "support/process.hpp"
#include "support/store_place.hpp"
#include "support/temporary_folder.hpp"
#include "support/test_size.hpp"

namespace stint::test {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;

class Upgrade : public ::testing::Test {
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
    const JournalWriter make{journal_path_};
    journal_ = std::make_unique<JournalReader>(journal_path_);
  }

  Child start_worker() const {
    Child worker{{test_program("journal_worker"), place_->url(), journal_path_, "2"}};
    worker.read_line();
    return worker;
  }
  /// Put a new program in the place of the oldest; true if that left in good order.
  bool replace_oldest() {
    workers_.push_back(start_worker());
    workers_.front().signal(SIGTERM);
    const int status = workers_.front().wait(std::chrono::seconds{60});
    workers_.pop_front();
    return status == 0;
  }

  /// A client of the version before, from the first to the last.
  void keep_enqueuing() {
    while (!is_over_) {
      if (std::ssize(enqueued_) - done_ > 200) {
        std::this_thread::yield();
        read_journal();
        continue;
      }
      std::vector<NewJob> jobs;
      jobs.reserve(5);
      for (int i = 0; i < 5; ++i) {
        jobs.push_back({.task = "killed.job", .args = fmt::format(R"({{"ms": {}}})", 1 + i)});
      }
      const nanoseconds begin = real_clock().boot_now();
      for (const Enqueued& one : store_->enqueue(jobs)) enqueued_.push_back(one.id);
      longest_ = std::max(longest_, real_clock().boot_now() - begin);
    }
  }
  void read_journal() {
    for (const JournalEntry& entry : journal_->read_new()) {
      done_ += entry.is_end ? 1 : 0;
      entries_.push_back(entry);
    }
  }

  /// Run the next release's `db migrate` and kill it at the n-th statement; true once it got to the
  /// end.
  bool migrate_and_die(int statement) const {
    const ProcessResult result =
        run_process({.program = test_program("newer_tables"),
                     .arguments = {place_->url()},
                     .environment = {{"STINT_TEST_POINTS",
                                      fmt::format("migrator.statement=kill@{}", statement)}}});
    EXPECT_TRUE(result.signal == SIGKILL || result.exit_code == 0) << result.err;
    return result.exit_code == 0;
  }

  bool have_all_ended() {
    return std::ranges::all_of(store_->status().counts, [](const StoreStatus::Count& count) {
      return is_final(count.state) || count.jobs == 0;
    });
  }

  std::unique_ptr<StorePlace> place_;
  std::unique_ptr<Store> store_;
  const TemporaryFolder folder_;
  const std::string journal_path_ = (folder_.path() / "journal").string();
  std::deque<Child> workers_;
  std::atomic<bool> is_over_{false};
  std::unique_ptr<JournalReader> journal_;  // of the client's thread until that ends
  std::vector<JournalEntry> entries_;
  std::vector<JobId> enqueued_;
  std::ptrdiff_t done_ = 0;
  nanoseconds longest_{0};
};

TEST_F(Upgrade, LosesNothingThoughItIsKilledAtEachStatement) {
  const int first_version = place_->open_schema()->version();
  for (int i = 0; i < 3; ++i) workers_.push_back(start_worker());
  std::thread client{[this] { keep_enqueuing(); }};
  const nanoseconds begin = real_clock().boot_now();

  int kills = 0;
  int replaced = 0;
  int version = first_version;
  for (int statement = 1; !migrate_and_die(statement); ++statement) {
    ++kills;
    if (const int now = place_->open_schema()->version(); now > version) {
      version = now;
      statement = 0;  // the next migration, from its first statement on
      // Half of the fleet has the new program while the tables are not there yet.
      EXPECT_TRUE(replace_oldest());
      ++replaced;
    }
  }
  EXPECT_EQ(place_->open_schema()->version(), first_version + 3);
  EXPECT_GE(kills, 13) << "as many as there are statements and commits";
  const nanoseconds until = is_full_size() ? begin + std::chrono::minutes{10} : nanoseconds{0};
  do {
    EXPECT_TRUE(replace_oldest());
    ++replaced;
  } while (real_clock().boot_now() < until || replaced < 6);
  is_over_ = true;
  client.join();
  EXPECT_TRUE(eventually([&] { return have_all_ended(); }, std::chrono::minutes{1}));
  for (const Child& worker : workers_) worker.signal(SIGTERM);
  for (Child& worker : workers_) EXPECT_EQ(worker.wait(), 0);

  read_journal();
  KillHistory history{.acknowledged = enqueued_, .journal = entries_, .stored = {}, .kills = {}};
  history.stored = store_->list_jobs({.limit = 10'000'000});
  const KillVerdict verdict = judge(history);
  std::printf(
      "%s\n%zu jobs, migration killed %d times, %d programs replaced, longest enqueue %lld ms\n",
      describe(verdict).c_str(), enqueued_.size(), kills, replaced,
      static_cast<long long>(longest_ / milliseconds{1}));
  EXPECT_TRUE(verdict.violations.empty()) << verdict.violations.front();
  EXPECT_EQ(verdict.duplicates, 0);
}

}  // namespace
}  // namespace stint::test
