// The connection is cut at every byte of the reply to a commit. At full size (STINT_FULL=1) 1,000
// enqueues and 1,000 completions; otherwise every seventh byte of some of them.
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include "base/mutex.hpp"
#include "base/url.hpp"
#include "core/store.hpp"
#include "stint/stint.hpp"
#include "support/cutting_proxy.hpp"
#include "support/eventually.hpp"
#include "support/store_place.hpp"
#include "support/test_size.hpp"

namespace stint::test {
namespace {

using namespace std::chrono_literals;

/// How often the task was executed with each number.
struct Executions {
  Mutex mutex;
  std::map<int, int> of STINT_GUARDED_BY(mutex);
};
Executions& executions() {
  static Executions all;
  return all;
}

int run_cut(int n) {
  Executions& all = executions();
  const MutexLock lock{all.mutex};
  ++all.of[n];
  return n;
}

/// Go through the positions of replies whose lengths are not known before.
class Positions final {
 public:
  /// The next one; `was_cut`: the last one was within its reply.
  std::size_t next(bool was_cut) {
    next_ = was_cut ? next_ + (is_full_size() ? 1U : 7U) : 0;
    longest_ = std::max(longest_, next_);
    return next_;
  }
  std::size_t longest() const { return longest_; }

 private:
  std::size_t next_ = 0;
  std::size_t longest_ = 0;
};

}  // namespace
}  // namespace stint::test

STINT_MODULE(cut, m) { m.task("job", stint::test::run_cut, {stint::arg("n")}); }

namespace stint::test {
namespace {

class CutReply : public ::testing::Test {
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
    const Url server = parse_url(place_->url());
    proxy_.emplace(server.host, server.port.value_or(5432));
    through_.emplace(settings_of(
        fmt::format("postgresql://{}@127.0.0.1:{}{}?schema={}&sslmode=disable", server.user,
                    proxy_->port(), server.path, server.parameter("schema").value())));
    directly_.emplace(settings_of(place_->url()));
    const MutexLock lock{executions().mutex};
    executions().of.clear();
  }

  static Settings settings_of(const std::string& url) {
    return load_settings(
        {.toml = fmt::format("[stores]\ndefault = \"{}\"\n", url), .use_environment = false},
        {cut});
  }

  /// All jobs by their number: several of one number were stored twice.
  std::map<int, std::vector<JobRecord>> stored() {
    std::map<int, std::vector<JobRecord>> all;
    JobFilter filter{.limit = 1000};
    for (std::vector<JobRecord> page; !(page = store_->list_jobs(filter)).empty();) {
      filter.before = page.back().id;
      for (const JobRecord& job : page) {
        all[json::parse(store_->find_job(job.id)->args).at("n").get<int>()].push_back(job);
      }
    }
    return all;
  }

  std::unique_ptr<StorePlace> place_;
  std::unique_ptr<Store> store_;
  std::optional<CuttingProxy> proxy_;
  std::optional<Settings> through_;
  std::optional<Settings> directly_;
};

TEST_F(CutReply, OfAnEnqueueIsReadBackOrToldAsUnknown) {
  const int rounds = is_full_size() ? 1000 : 90;
  Client client{*through_, {cut}};
  client.enqueue("cut.job", {{"n", -1}});
  enum class Told : std::uint8_t { kTaken, kRefused, kUnknown };
  std::vector<Told> told;
  std::map<int, JobId> ids;
  Positions positions;
  bool was_cut = false;
  int cuts = 0;
  for (int n = 0; n < rounds; ++n) {
    const bool is_keyed = n % 4 == 1;
    // The server stays away until the call has returned, in a third of the rounds.
    proxy_->refuse_after_cut(n % 3 == 2);
    proxy_->cut_next_reply(positions.next(was_cut), is_keyed ? "enqueue_mixed" : "enqueue_one",
                           n % 2 == 0 ? Cut::kClose : Cut::kReset);
    try {
      const std::string key = is_keyed ? fmt::format("key {}", n) : "";
      ids[n] = client.enqueue("cut.job", {{"n", n}}, {.idempotency_key = key}).id();
      told.push_back(Told::kTaken);
    } catch (const Error& error) {
      EXPECT_TRUE(error.retryable()) << error.what();
      told.push_back(error.outcome_unknown() ? Told::kUnknown : Told::kRefused);
    }
    was_cut = proxy_->has_cut();
    cuts += was_cut ? 1 : 0;
    proxy_->heal();
  }
  const auto all = stored();
  std::map<Told, int> count;
  for (int n = 0; n < rounds; ++n) {
    const auto found = all.find(n);
    const std::size_t times = found == all.end() ? 0 : found->second.size();
    const Told said = told[static_cast<std::size_t>(n)];
    ++count[said];
    EXPECT_LE(times, 1U) << "job " << n << " is stored twice";
    switch (said) {
      case Told::kTaken:
        ASSERT_EQ(times, 1U) << "acknowledged, and lost: " << n;
        EXPECT_EQ(found->second.front().id, ids[n]);
        break;
      case Told::kRefused:
        EXPECT_EQ(times, 0U) << "said to be refused, and stored: " << n;
        break;
      case Told::kUnknown:
        break;
    }
  }
  std::printf("%d enqueues, %d replies cut at up to byte %zu: %d taken, %d unknown, %d refused\n",
              rounds, cuts, positions.longest(), count[Told::kTaken], count[Told::kUnknown],
              count[Told::kRefused]);
  EXPECT_GT(cuts, rounds * 7 / 10);  // the reply to one plain enqueue has 32 bytes
  EXPECT_GT(count[Told::kUnknown], 0);
  EXPECT_GT(count[Told::kTaken], rounds / 2);
}

TEST_F(CutReply, OfACompletionIsReadBack) {
  const int rounds = is_full_size() ? 1000 : 60;
  Client client{*directly_, {cut}};
  Worker worker{*through_, {cut}, {.slots = 1}};
  worker.start();
  Positions positions;
  bool was_cut = false;
  int cuts = 0;
  for (int n = 0; n < rounds; ++n) {
    proxy_->refuse_after_cut(n % 10 == 9);  // the worker has to try more than once
    proxy_->cut_next_reply(positions.next(was_cut), "complete_done",
                           n % 2 == 0 ? Cut::kClose : Cut::kReset);
    const auto job = client.enqueue("cut.job", {{"n", n}});
    ASSERT_TRUE(eventually([&] { return proxy_->has_replied(); }));
    was_cut = proxy_->has_cut();
    cuts += was_cut ? 1 : 0;
    proxy_->heal();
    ASSERT_EQ(job.wait_for(30s), JobState::kDone);
    // What is sent again must not meet the next cut.
    ASSERT_TRUE(worker.wait_idle(30s));
  }
  EXPECT_TRUE(worker.drain());
  const auto all = stored();
  const MutexLock lock{executions().mutex};
  for (int n = 0; n < rounds; ++n) {
    ASSERT_TRUE(all.contains(n));
    ASSERT_EQ(all.at(n).size(), 1U);
    const JobRecord job = store_->find_job(all.at(n).front().id).value();
    EXPECT_EQ(job.state, JobState::kDone);
    EXPECT_EQ(job.output, std::to_string(n));
    EXPECT_EQ(job.attempts, 1) << n;
    EXPECT_EQ(job.crashes, 0) << n;
    EXPECT_EQ(executions().of[n], 1) << "the worker lived, and yet job " << n << " ran again";
  }
  std::printf("%d completions, %d replies cut at up to byte %zu\n", rounds, cuts,
              positions.longest());
  EXPECT_GT(cuts, rounds * 8 / 10);
}

}  // namespace
}  // namespace stint::test
