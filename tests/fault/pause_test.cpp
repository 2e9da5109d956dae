// A worker that is paused past its lease, and goes on after its job was given to another: what it
// brings then is refused, and the result is that of the newest epoch. At full size (STINT_FULL=1)
// 200 times.
#include <algorithm>
#include <csignal>
#include <memory>
#include <optional>
#include <string>
#include <vector>
#include "base/clock.hpp"
#include "support/child.hpp"
#include "support/eventually.hpp"
#include "support/execution_journal.hpp"
#include "support/store_contract.hpp"
#include "support/temporary_folder.hpp"
#include "support/test_size.hpp"

namespace stint::test {
namespace {

constexpr const char* kShortLease = "[worker]\nlease = 1\nheartbeat = 0.2\n";

class PauseTest : public ::testing::TestWithParam<std::string> {
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
    const std::string path = (folder_.path() / "journal").string();
    const JournalWriter make{path};
    reader_ = std::make_unique<JournalReader>(path);
    worker_.emplace(std::vector<std::string>{test_program("journal_worker"), place_->url(), path,
                                             "1", kShortLease});
    worker_->read_line();
    successor_ = store_->register_worker({.node = "successor"});
  }

  /// The paused worker, as it is registered now.
  std::optional<WorkerRecord> registered() {
    for (WorkerRecord& one : store_->list_workers(true)) {
      if (one.info.pid == worker_->pid()) return std::move(one);
    }
    return std::nullopt;
  }

  /// Wait until the journal tells of a begin or an end.
  std::optional<JournalEntry> wait_for(JobId job, bool is_end) {
    const auto is_it = [&](const JournalEntry& entry) {
      return entry.job == job && entry.is_end == is_end;
    };
    const bool found = eventually([&] {
      for (JournalEntry& entry : reader_->read_new()) journal_.push_back(entry);
      return std::ranges::any_of(journal_, is_it);
    });
    if (!found) return std::nullopt;
    return *std::ranges::find_if(journal_, is_it);
  }

  /// Take the job away from the worker, which is paused for a lease by now, and claim it.
  ClaimedJob take_over(const StartedJob& job, const WorkerRecord& worker) {
    const RescueResult rescued = store_->rescue(
        {.worker = worker.id, .beat = worker.beat, .started = std::vector<StartedJob>{job}});
    EXPECT_TRUE(rescued.was_dead);
    EXPECT_EQ(rescued.crashed, 1);
    // The pause before the next try is not waited for.
    store_->set_time_for_tests(std::chrono::system_clock::now() + hours{1});
    const ClaimRequest request{.worker = successor_, .node = "successor", .tasks = {"killed.job"}};
    std::vector<ClaimedJob> claimed = store_->exchange({}, &request).claimed;
    store_->set_time_for_tests(std::nullopt);
    if (claimed.size() != 1) throw std::logic_error{"the job cannot be claimed again"};
    return std::move(claimed.front());
  }

  std::int64_t fenced() { return store_->status().recent.fenced_total; }

  void pause_once() {
    const std::int64_t fenced_before = fenced();
    const NewJob asked{.task = "killed.job", .args = R"({"ms": 100})"};
    const JobId id = store_->enqueue({&asked, 1}).at(0).id;
    const std::optional<JournalEntry> begin = wait_for(id, false);
    ASSERT_TRUE(begin);
    worker_->signal(SIGSTOP);
    const auto paused_at = real_clock().boot_now();
    ASSERT_TRUE(eventually([&] { return real_clock().boot_now() - paused_at > seconds{1}; }));
    const std::optional<WorkerRecord> before = registered();
    ASSERT_TRUE(before);
    const ClaimedJob again = take_over({.id = id, .epoch = begin->epoch}, *before);
    EXPECT_GT(again.epoch, begin->epoch);

    worker_->signal(SIGCONT);
    ASSERT_TRUE(wait_for(id, true)) << "the old execution comes to its end";
    EXPECT_TRUE(eventually([&] { return fenced() > fenced_before; })) << "and brings its result";
    const JobRecord held = store_->find_job(id).value();
    EXPECT_EQ(held.state, JobState::kRunning);
    EXPECT_EQ(held.epoch, again.epoch);
    EXPECT_EQ(held.output, "");

    const Completion done{
        .id = id, .epoch = again.epoch, .output = std::to_string(again.epoch.value)};
    EXPECT_EQ(store_->exchange({&done, 1}, nullptr).completed.at(0), WriteResult::kAccepted);
    EXPECT_EQ(store_->find_job(id)->output, std::to_string(again.epoch.value));
    // It was declared dead, and has registered anew.
    EXPECT_TRUE(eventually([&] {
      const std::optional<WorkerRecord> now = registered();
      return now && now->id != before->id;
    }));
  }

  TemporaryFolder folder_;
  std::unique_ptr<StorePlace> place_;
  std::unique_ptr<Store> store_;
  std::unique_ptr<JournalReader> reader_;
  std::vector<JournalEntry> journal_;
  std::optional<Child> worker_;
  WorkerId successor_;
};
STINT_ON_EVERY_STORE(PauseTest);

TEST_P(PauseTest, RefusesWhatAPausedWorkerBringsOfAJobThatAnotherHas) {
  const int cycles = is_full_size() ? 200 : 3;
  int good = 0;
  for (int i = 0; i < cycles && !HasFailure(); ++i) {
    pause_once();
    if (!HasFailure()) ++good;
  }
  std::printf("%d of %d old completions fenced\n", good, cycles);
  EXPECT_EQ(good, cycles);
  worker_->signal(SIGTERM);
  EXPECT_EQ(worker_->wait(), 0);
}

}  // namespace
}  // namespace stint::test
