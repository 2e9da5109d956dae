// Workers behind a network that half-opens, cuts, resets and delays. At full size (STINT_FULL=1)
// 3,000 jobs among all of it; STINT_SEED repeats what befalls them.
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <vector>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include "base/url.hpp"
#include "core/store.hpp"
#include "support/child.hpp"
#include "support/cutting_proxy.hpp"
#include "support/eventually.hpp"
#include "support/kill_check.hpp"
#include "support/process.hpp"
#include "support/store_place.hpp"
#include "support/temporary_folder.hpp"
#include "support/test_size.hpp"

namespace stint::test {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::Not;

class BadNetwork : public ::testing::Test {
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
    journal_path_ = (folder_.path() / "journal").string();
    const JournalWriter make{journal_path_};
    std::printf("seed %llu\n", static_cast<unsigned long long>(seed_));
    const Url server = parse_url(place_->url());
    proxy_.emplace(server.host, server.port.value_or(5432), seed_);
    const std::string through =
        fmt::format("postgresql://{}@127.0.0.1:{}{}?schema={}&sslmode=disable", server.user,
                    proxy_->port(), server.path, server.parameter("schema").value());
    for (int i = 0; i < 2; ++i) {
      workers_.push_back(std::make_unique<Process>(ProcessOptions{
          .program = test_program("journal_worker"), .arguments = {through, journal_path_, "4"}}));
      ASSERT_TRUE(eventually([&] { return workers_.back()->out() == "ready\n"; }))
          << workers_.back()->err();
    }
  }

  void enqueue(int count, int ms) {
    const NewJob job{.task = "killed.job", .args = fmt::format(R"({{"ms": {}}})", ms)};
    for (const Enqueued& one :
         store_->enqueue(std::vector<NewJob>(static_cast<std::size_t>(count), job))) {
      history_.acknowledged.push_back(one.id);
    }
  }
  bool are_done(std::chrono::milliseconds limit) {
    return eventually(
        [&] {
          std::int64_t open = 0;
          for (const auto& one : store_->status().counts)
            open += is_final(one.state) ? 0 : one.jobs;
          return open == 0;
        },
        limit);
  }

  /// Each worker ends in good order; nothing was lost, and nothing run again: no worker died.
  void judge_all() {
    proxy_->heal();
    for (const auto& worker : workers_) {
      EXPECT_FALSE(worker->has_ended()) << worker->err();
      worker->send_signal(SIGTERM);
      const ProcessResult result = worker->wait();
      EXPECT_EQ(result.exit_code, 0) << result.err;
      EXPECT_THAT(result.err, Not(HasSubstr("declared dead")));
    }
    history_.journal = JournalReader{journal_path_}.read_new();
    JobFilter filter{.limit = 1000};
    for (std::vector<JobRecord> page; !(page = store_->list_jobs(filter)).empty();) {
      filter.before = page.back().id;
      history_.stored.insert(history_.stored.end(), page.begin(), page.end());
    }
    const KillVerdict verdict = judge(history_);
    std::printf("%zu jobs: %s\n", history_.acknowledged.size(), describe(verdict).c_str());
    EXPECT_TRUE(verdict.violations.empty()) << verdict.violations.front();
  }

  const TemporaryFolder folder_;
  const std::uint64_t seed_ = chosen_seed();
  std::unique_ptr<StorePlace> place_;
  std::unique_ptr<Store> store_;
  std::string journal_path_;
  std::optional<CuttingProxy> proxy_;
  std::vector<std::unique_ptr<Process>> workers_;
  KillHistory history_;
};

TEST_F(BadNetwork, AHalfOpenedWorkerGoesOnWithinSeconds) {
  // Idle: the claim, the listener and the heartbeat find their connections dead.
  proxy_->half_open_all(Swallow::kBoth);
  const auto begin = std::chrono::steady_clock::now();
  enqueue(1, 5);
  EXPECT_TRUE(are_done(20s));
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 8s);
  // At work: ends that were written and not heard of are read back.
  enqueue(100, 20);
  ASSERT_TRUE(eventually([&] { return !JournalReader{journal_path_}.read_new().empty(); }));
  proxy_->half_open_all(Swallow::kReplies);
  EXPECT_TRUE(are_done(20s));
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 20s);
  judge_all();
}

TEST_F(BadNetwork, LosesNothingWhateverBefallsIt) {
  proxy_->misbehave(
      {.close = 0.005, .reset = 0.005, .half_open = is_full_size() ? 0.002 : 0, .delay = 0.05});
  enqueue(is_full_size() ? 3000 : 300, 10);
  EXPECT_TRUE(are_done(5min));
  judge_all();
}

}  // namespace
}  // namespace stint::test
