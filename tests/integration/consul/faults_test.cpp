// What happens to the lock when servers are paused, killed, restarted and lose their past.
#include <chrono>
#include <memory>
#include <string>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include "base/clock.hpp"
#include "consul_test_base.hpp"
#include "support/consul_server.hpp"
#include "support/eventually.hpp"
#include "support/postgres_server.hpp"
#include "support/server_process.hpp"
#include "support/temporary_folder.hpp"

namespace stint::test {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

constexpr const char* kFaultKey = "stint-test/lock";

class ConsulFaults : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string missing;
    if (!ConsulServer::is_installed(missing)) GTEST_SKIP() << missing;
  }

  static std::unique_ptr<LockBackend> lock_on(const ConsulServer& server) {
    BackendOptions options = consul_options(server.address(), kFaultKey);
    options.timeout = 500ms;
    return make_consul_lock(options);
  }
};

TEST_F(ConsulFaults, APauseOfTwiceTheTtlLosesTheLockAndGivesItToNobodyEarly) {
  ConsulServer server;
  const auto lock = lock_on(server);
  const auto contender = lock_on(server);
  const LockRequest request = lock_request(1s, 1s);
  const LockAttempt held = lock->acquire(request);
  ASSERT_TRUE(held.is_acquired);
  const LockHold hold{.owner_id = request.owner.id, .token = held.token, .ttl = 1s};
  const LockRequest next = lock_request(1s, 1s);
  ASSERT_FALSE(contender->acquire(next).is_acquired);

  server.process().pause();
  const auto paused_at = real_clock().boot_now();
  const Error error = error_of([&] { lock->renew(hold); });
  EXPECT_EQ(error.code(), ErrorCode::kUnavailable);
  EXPECT_TRUE(error.retryable());
  EXPECT_LT(real_clock().boot_now() - paused_at, 2s);
  EXPECT_EQ(error_of([&] { contender->wait(200ms); }).code(), ErrorCode::kUnavailable);
  EXPECT_FALSE(eventually([] { return false; }, 1500ms));  // two ttl in all
  server.process().resume();

  // It drops the session as it goes on, and somebody else gets the lock. The holder is silent until
  // then: a renewal that came before the server's own look at its clocks would keep the session.
  LockAttempt taken;
  ASSERT_TRUE(eventually([&] {
    try {
      contender->wait(100ms);
      taken = contender->acquire(next);
    } catch (const Error& unavailable) {
      EXPECT_EQ(unavailable.code(), ErrorCode::kUnavailable) << unavailable.what();
    }
    return taken.is_acquired;
  }));
  EXPECT_GT(taken.token, held.token);
  EXPECT_FALSE(lock->renew(hold));
  EXPECT_FALSE(lock->release(hold));
  EXPECT_TRUE(contender->release({.owner_id = next.owner.id, .token = taken.token}));
}

TEST_F(ConsulFaults, AServerThatIsKilledAndStartedAgainKeepsTheLock) {
  ConsulServer server{{.is_lasting = true}};
  const auto lock = lock_on(server);
  const LockRequest request = lock_request(30s, 1s);
  const LockAttempt held = lock->acquire(request);
  ASSERT_TRUE(held.is_acquired);
  const LockHold hold{.owner_id = request.owner.id, .token = held.token, .ttl = 30s};
  server.process().kill();
  const Error error = error_of([&] { lock->renew(hold); });
  EXPECT_EQ(error.code(), ErrorCode::kUnavailable);
  EXPECT_THAT(error.what(), HasSubstr(server.address()));
  server.start();
  ASSERT_TRUE(eventually([&] {
    try {
      return lock->renew(hold);
    } catch (const Error&) {
      return false;
    }
  }));
  EXPECT_EQ(lock->read().token, held.token);
  EXPECT_FALSE(lock_on(server)->acquire(lock_request()).is_acquired);
  EXPECT_TRUE(lock->release(hold));
  EXPECT_EQ(sessions_of(server.address(), kFaultKey), 0U);
}

TEST_F(ConsulFaults, AServerThatHasForgottenItsPastIsRefused) {
  ConsulServer server;  // in memory alone
  const auto lock = lock_on(server);
  for (int i = 0; i < 200; ++i) {
    ASSERT_EQ(server.request("PUT", "/v1/kv/other", std::to_string(i)).status, 200);
  }
  const LockRequest request = lock_request(15s, 0s);
  const LockAttempt held = lock->acquire(request);
  ASSERT_TRUE(held.is_acquired);
  server.process().kill();
  server.start();
  EXPECT_FALSE(lock->renew({.owner_id = request.owner.id, .token = held.token, .ttl = 15s}));
  // Whoever checks tokens has seen the greater one: a smaller one must not be given out.
  const Error error = error_of([&] { lock->acquire(lock_request()); });
  EXPECT_EQ(error.code(), ErrorCode::kConfiguration);
  EXPECT_THAT(error.what(), HasSubstr("have gone back"));
  EXPECT_EQ(sessions_of(server.address(), kFaultKey), 0U);
  EXPECT_FALSE(lock->read().owner);
}

TEST_F(ConsulFaults, AMemberWithoutALeaderIsUnavailable) {
  std::string missing;
  // It waits for two others that never come.
  ServerProcess::Options options{.program = server_program("consul", "consul", missing).value()};
  const TemporaryFolder folder;
  const std::string address = "127.0.0.1:" + std::to_string(PostgresServer::free_port());
  options.folder = folder.path();
  options.arguments = {"agent",
                       "-server",
                       "-bootstrap-expect=3",
                       "-bind=127.0.0.1",
                       "-client=127.0.0.1",
                       "-dns-port=-1",
                       "-grpc-port=-1",
                       "-log-level=warn",
                       "-data-dir=" + (folder.path() / "data").string(),
                       "-hcl=performance { rpc_hold_timeout = \"200ms\" }",
                       "-http-port=" + address.substr(address.find(':') + 1),
                       "-server-port=" + std::to_string(PostgresServer::free_port()),
                       "-serf-lan-port=" + std::to_string(PostgresServer::free_port()),
                       "-serf-wan-port=" + std::to_string(PostgresServer::free_port())};
  options.answers = [&] {
    try {
      return ask_consul(address, "GET", "/v1/status/leader").status == 200;
    } catch (const std::runtime_error&) {
      return false;
    }
  };
  ServerProcess server{options};
  server.start();
  BackendOptions backend = consul_options(address, kFaultKey);
  backend.timeout = 10s;  // it looks for a leader for a while before it says so
  const auto lock = make_consul_lock(backend);
  const Error error = error_of([&] { lock->acquire(lock_request()); });
  EXPECT_EQ(error.code(), ErrorCode::kUnavailable);
  EXPECT_TRUE(error.retryable());
  EXPECT_FALSE(error.outcome_unknown());
  EXPECT_THAT(error.what(), HasSubstr("has no cluster leader"));
}

}  // namespace
}  // namespace stint::test
