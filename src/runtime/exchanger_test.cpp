// The exchanger against a store that fails in ways that no real one can be made to.
#include "runtime/exchanger.hpp"
#include <algorithm>
#include <atomic>
#include <future>
#include <optional>
#include <string>
#include <utility>
#include <vector>
#include <gtest/gtest.h>
#include "support/eventually.hpp"
#include "support/scripted_store.hpp"

namespace stint {
namespace {

using namespace std::chrono_literals;
using test::eventually;

class ExchangerTest : public ::testing::Test {
 protected:
  ExchangerTest() {
    session_.open();
    board_.set_lease(real_clock().boot_now() + 24h);
  }
  ~ExchangerTest() override { stop(); }

  static ClaimedJob job(std::int64_t id) {
    return {.id = JobId{id}, .epoch = Epoch{1}, .domain = "default"};
  }

  void start() {
    running_ = std::async(std::launch::async, [this] { Exchanger{context_, true}.run(); });
  }
  void stop() {
    board_.stop_claiming();
    board_.close();
    if (running_.valid()) running_.wait();
  }

  /// Have the store give these jobs once, and take them into slots.
  std::vector<ClaimedJob> take(std::vector<ClaimedJob> jobs) {
    const auto plan = board_.plan_exchange(true);
    const std::size_t count = jobs.size();
    board_.merge(*plan, {.completed = {}, .claimed = std::move(jobs)}, true);
    std::vector<ClaimedJob> taken;
    taken.reserve(count);
    for (std::size_t i = 0; i < count; ++i) taken.push_back(*board_.take_job());
    return taken;
  }
  void finish(const ClaimedJob& job, const std::string& output = {}) {
    Completion end{.id = job.id, .epoch = job.epoch};
    end.output = output;
    end.ended_before = -std::chrono::duration_cast<microseconds>(real_clock().boot_now());
    board_.finish(job, std::move(end), 1ms);
  }

  test::ScriptedStore store_;
  std::unique_ptr<WakeUp> wake_up_ = test::make_plain_wake_up();
  JobBoard board_{{.slots = 4}, real_clock(), [this] { wake_up_->interrupt(); }};
  LogBuffer logs_;
  Session session_{store_, {.node = "n1"}, {}, real_clock()};
  WorkerMetrics metrics_;
  OutageLog outages_{real_clock()};
  ExchangeContext context_{store_,    board_,    logs_,       session_, *wake_up_, real_clock(),
                           {"t.run"}, {"t.run"}, {"default"}, metrics_, outages_};
  std::future<void> running_;
};

TEST_F(ExchangerTest, RepeatsWhatAnOutageSwallowed) {
  std::atomic<int> tries{0};
  std::atomic<int> written{0};
  store_.on_exchange = [&](std::span<const Completion> some, const ClaimRequest*) -> Exchange {
    if (some.empty()) return {};
    if (++tries <= 2) throw test::outage();
    for (const Completion& one : some) {
      EXPECT_GE(one.ended_before, 0us);
      EXPECT_LT(one.ended_before, 1min) << "the end is told by the moment of the write";
    }
    written += static_cast<int>(some.size());
    return {.completed = std::vector<WriteResult>(some.size())};
  };
  const auto jobs = take({job(1), job(2)});
  finish(jobs[0]);
  finish(jobs[1]);
  start();
  EXPECT_TRUE(eventually([&] { return metrics_.ended(AttemptEnd::kDone) == 2; }));
  EXPECT_EQ(written, 2);
  EXPECT_EQ(tries, 3);
  EXPECT_EQ(metrics_.exchange_failures.value(), 2);
  EXPECT_GE(metrics_.exchange.snapshot().count(), 1);
}

TEST_F(ExchangerTest, IsNotLateWhileTheStoreTakesItsTime) {
  TurnTime turn;
  context_.turn = &turn;
  std::promise<void> unlocked;
  const std::shared_future<void> answer = unlocked.get_future().share();
  std::atomic<bool> is_asked{false};
  store_.on_exchange = [&](std::span<const Completion> some, const ClaimRequest*) -> Exchange {
    is_asked = true;
    answer.wait();
    return {.completed = std::vector<WriteResult>(some.size())};
  };
  const auto is_late_tomorrow = [&] { return turn.lateness(real_clock().boot_now() + 24h) > 0ns; };
  start();
  EXPECT_TRUE(eventually([&] { return is_asked.load(); }));
  EXPECT_FALSE(is_late_tomorrow());
  unlocked.set_value();
  EXPECT_TRUE(eventually(is_late_tomorrow)) << "it is to come round again";
  stop();  // it uses what stands above
}

TEST_F(ExchangerTest, DropsAndCountsWhatIsFenced) {
  store_.on_exchange = [](std::span<const Completion> some, const ClaimRequest*) -> Exchange {
    return {.completed = std::vector<WriteResult>(some.size(), WriteResult::kFenced)};
  };
  finish(take({job(1)})[0]);
  start();
  EXPECT_TRUE(eventually([&] { return board_.standing().is_empty; }));
  EXPECT_EQ(metrics_.fenced.value(), 1);
  EXPECT_EQ(metrics_.ended(AttemptEnd::kDone), 0) << "the store did not take it";
}

TEST_F(ExchangerTest, WritesTheOthersWhenOneResultIsRefused) {
  Mutex mutex;
  std::vector<Completion> written;
  store_.on_exchange = [&](std::span<const Completion> some, const ClaimRequest*) -> Exchange {
    for (const Completion& one : some) {
      if (one.output == "poison") throw test::refusal();
    }
    const MutexLock lock{mutex};
    written.insert(written.end(), some.begin(), some.end());
    return {.completed = std::vector<WriteResult>(some.size())};
  };
  const auto jobs = take({job(1), job(2), job(3)});
  finish(jobs[0]);
  finish(jobs[1], "poison");
  finish(jobs[2]);
  start();
  EXPECT_TRUE(eventually([&] { return board_.standing().is_empty; }));
  stop();
  ASSERT_EQ(written.size(), 3U);
  const auto refused =
      std::ranges::find_if(written, [](const Completion& one) { return one.id == JobId{2}; });
  EXPECT_EQ(refused->outcome, Outcome::kRejected) << "its job fails with that cause";
  EXPECT_NE(refused->error.find("refused"), std::string::npos);
}

TEST_F(ExchangerTest, EndsWhenTheStoreWillNeverTakeAClaim) {
  store_.on_exchange = [](std::span<const Completion>, const ClaimRequest*) -> Exchange {
    throw Error{ErrorCode::kConfiguration, "the tables are gone"};
  };
  start();
  ASSERT_EQ(running_.wait_for(20s), std::future_status::ready);
  EXPECT_THROW(running_.get(), Error);
}

TEST_F(ExchangerTest, GivesUpWritingAtTheEndOfAnOutageThatLasts) {
  store_.on_exchange = [](std::span<const Completion>, const ClaimRequest*) -> Exchange {
    throw test::outage();
  };
  finish(take({job(1)})[0]);
  start();
  context_.give_up_at = real_clock().boot_now().count();
  board_.stop_claiming();
  board_.close();
  ASSERT_EQ(running_.wait_for(20s), std::future_status::ready);
  EXPECT_THROW(running_.get(), Error);
  EXPECT_FALSE(board_.standing().is_empty);
}

TEST_F(ExchangerTest, WritesLogLinesBeforeTheEnd) {
  std::vector<std::string> order;
  store_.on_append_log = [&](std::span<const NewLogLine> lines) {
    for (const NewLogLine& line : lines) order.push_back(line.text);
  };
  store_.on_exchange = [&](std::span<const Completion> some, const ClaimRequest*) -> Exchange {
    if (!some.empty()) order.emplace_back("end");
    return {.completed = std::vector<WriteResult>(some.size())};
  };
  const auto jobs = take({job(1)});
  logs_.add({.job = JobId{1}, .epoch = Epoch{1}, .at = {}, .text = "line"});
  finish(jobs[0]);
  start();
  EXPECT_TRUE(eventually([&] { return board_.standing().is_empty; }));
  stop();
  EXPECT_EQ(order, (std::vector<std::string>{"line", "end"}));
}

TEST_F(ExchangerTest, GivesBackWhatItClaimedAsAWorkerThatIsNoMore) {
  std::atomic<int> given_back{0};
  store_.on_beat = [](WorkerId) { return false; };
  store_.on_register_worker = [](const WorkerInfo&) { return WorkerId{2}; };
  store_.on_exchange = [&](std::span<const Completion> some,
                           const ClaimRequest* claim) -> Exchange {
    for (const Completion& one : some) {
      if (one.outcome == Outcome::kInterrupted && !one.started) ++given_back;
    }
    Exchange reply{.completed = std::vector<WriteResult>(some.size())};
    if (claim != nullptr && claim->worker == WorkerId{1}) {
      session_.beat();  // it was declared dead while the claim was on its way
      reply.claimed = {job(1)};
    }
    return reply;
  };
  start();
  EXPECT_TRUE(eventually([&] { return given_back == 1; }));
}

}  // namespace
}  // namespace stint
