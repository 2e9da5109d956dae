// What becomes of one-instance locks when their PostgreSQL server crashes, is paused or only reads.
#include <array>
#include <atomic>
#include <chrono>
#include <csignal>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include "backends/postgres/backend.hpp"
#include "backends/postgres/lock.hpp"
#include "stint/error.hpp"
#include "stint/one_instance_lock.hpp"
#include "support/eventually.hpp"
#include "support/postgres_server.hpp"
#include "support/role_options.hpp"
#include "support/store_place.hpp"

namespace stint::test {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using SteadyClock = std::chrono::steady_clock;

class LockServer : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string missing;
    if (!PostgresServer::is_installed(missing)) {
      ASSERT_FALSE(is_required("postgres")) << missing;
      GTEST_SKIP() << missing;
    }
    server_.emplace();
    postgres::postgres_backend().open_schema({.url = server_->url()})->migrate();
  }

  std::unique_ptr<LockBackend> lock(std::chrono::milliseconds timeout = 1s) const {
    return lock_at(server_->url(), timeout);
  }
  static std::unique_ptr<LockBackend> lock_at(const std::string& url,
                                              std::chrono::milliseconds timeout = 1s) {
    return postgres::make_postgres_lock(
        role_options("one_instance.postgresql", url, "stint/a.b", timeout));
  }
  static LockOptions short_lease() {
    return {.ttl = 1s, .lock_delay = 200ms, .at_deadline = LockOptions::AtDeadline::kTell};
  }
  /// The server's processes, the first of them too.
  std::vector<pid_t> processes() const {
    std::vector<pid_t> all = server_->backends();
    std::ifstream file{server_->data() / "postmaster.pid"};
    pid_t first = 0;
    file >> first;
    all.push_back(first);
    return all;
  }

  std::optional<PostgresServer> server_;
};

TEST_F(LockServer, StaysHeldOverACrash) {
  const auto holder = lock();
  const LockRequest request = role_request();
  const LockAttempt won = holder->acquire(request);
  for (int round = 0; round < 2; ++round) {
    server_->stop(Shutdown::kImmediate);
    try {
      holder->renew(role_hold(request, won));
      ADD_FAILURE() << "it is down";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kUnavailable);
      EXPECT_TRUE(error.retryable());
    }
    server_->start();
    EXPECT_TRUE(eventually([&] {
      try {
        return holder->renew(role_hold(request, won));
      } catch (const Error& error) {
        EXPECT_EQ(error.code(), ErrorCode::kUnavailable) << error.what();
        return false;
      }
    }));
    EXPECT_FALSE(lock()->acquire(role_request()).is_acquired);
    EXPECT_EQ(lock()->read().token, won.token);
  }
  EXPECT_TRUE(holder->release(role_hold(request, won)));
}

// The holder gives its work up by its own clock; the other one comes in once the server lives
// again.
TEST_F(LockServer, PausedForLongerThanALeaseItLetsNobodyInTwice) {
  std::atomic<bool> works{false};
  LockOptions options = short_lease();
  options.on_deadline_passed = [&] {
    works = false;
    return true;
  };
  OneInstanceLock holder{lock(500ms), options};
  const LockResult won = holder.try_acquire();
  ASSERT_TRUE(won) << won.problem;
  works = true;
  const std::vector<pid_t> stopped = processes();
  for (const pid_t process : stopped) ASSERT_EQ(::kill(process, SIGSTOP), 0);
  const auto stopped_at = SteadyClock::now();
  EXPECT_TRUE(eventually([&] { return !works; }));
  EXPECT_LT(SteadyClock::now() - stopped_at, 1s) << "before its lease could pass";
  OneInstanceLock other{lock(500ms), short_lease()};
  const LockResult meanwhile = other.acquire(1500ms);
  EXPECT_EQ(meanwhile.outcome, LockResult::Outcome::kUnavailable);
  for (const pid_t process : stopped) ASSERT_EQ(::kill(process, SIGCONT), 0);
  EXPECT_GE(SteadyClock::now() - stopped_at, 2s);
  const LockResult taken = other.acquire(20s);
  ASSERT_TRUE(taken) << taken.problem;
  EXPECT_GT(taken.token, won.token);
  EXPECT_FALSE(works);
  EXPECT_EQ(holder.state(), LockState::kLost);
  other.release();
}

TEST_F(LockServer, AStandbyHoldsNoLocks) {
  const PostgresServer standby{
      {.standby_of = fmt::format("host=127.0.0.1 port={} user=postgres", server_->port())}};
  try {
    lock_at(standby.url())->acquire(role_request());
    ADD_FAILURE() << "it only reads";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kUnavailable);
    EXPECT_TRUE(error.retryable());
    EXPECT_THAT(error.what(), HasSubstr("only reads"));
  }
  // Of both, the one that writes is found, whichever is named first.
  const auto both =
      lock_at(fmt::format("postgresql://postgres@127.0.0.1:{},127.0.0.1:{}/postgres?schema=stint",
                          standby.port(), server_->port()));
  EXPECT_TRUE(both->acquire(role_request()).is_acquired);
}

TEST_F(LockServer, IdleWaitersAskLittle) {
  constexpr int kWaiters = 4;
  constexpr auto kTime = 6s;
  const auto holder = lock();
  ASSERT_TRUE(holder->acquire(role_request()).is_acquired);
  server_->run("alter system set log_statement = 'all'");
  server_->run("select pg_reload_conf()");
  const auto requests = [&] {
    const std::string log = server_->log();
    int count = 0;
    for (const char* kind : {"LOG:  execute ", "LOG:  statement: "}) {
      for (auto at = log.find(kind); at != std::string::npos; at = log.find(kind, at + 1)) ++count;
    }
    return count;
  };
  std::atomic<int> refused{0};
  std::vector<std::jthread> waiters;
  for (int i = 0; i < kWaiters; ++i) {
    waiters.emplace_back([&] {
      OneInstanceLock mine{lock(), short_lease()};
      if (mine.acquire(kTime).outcome == LockResult::Outcome::kBusy) ++refused;
    });
  }
  // Connecting, looking at the tables and finding it held twice is behind them.
  const auto settled = SteadyClock::now() + 1500ms;
  ASSERT_TRUE(eventually(
      [&] { return SteadyClock::now() >= settled && server_->backends().size() > 2U * kWaiters; }));
  const auto before = requests();
  const auto began = SteadyClock::now();
  waiters.clear();
  const double seconds = std::chrono::duration<double>(SteadyClock::now() - began).count();
  const int made = requests() - before;
  const double rate = made / seconds / kWaiters;
  EXPECT_EQ(refused, kWaiters);
  RecordProperty("requests_per_second_and_waiter", fmt::format("{:.2f}", rate));
  EXPECT_GT(made, 0) << "they look for a sign of life at least";
  EXPECT_LT(rate, 2);
}

}  // namespace
}  // namespace stint::test
