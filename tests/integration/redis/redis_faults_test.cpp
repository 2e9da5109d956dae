// Locks in a Redis that refuses, halts, or is gone.
#include <chrono>
#include <string>
#include <thread>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include "redis_lock_test_base.hpp"
#include "support/cutting_proxy.hpp"
#include "support/eventually.hpp"
#include "support/postgres_server.hpp"

namespace stint::test {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class RedisFaults : public RedisLockTest {};

INSTANTIATE_TEST_SUITE_P(Servers, RedisFaults, ::testing::Values("redis", "valkey"),
                         [](const auto& tested) { return std::string{tested.param}; });

std::string with_password(const RedisServer& server, const std::string& user) {
  return "redis://" + user + "@127.0.0.1:" + std::to_string(server.port());
}

TEST_P(RedisFaults, SayWhichPasswordIsWanted) {
  start();
  EXPECT_EQ(server().run(
                {"ACL", "SETUSER", "worker", "on", ">hunter2", "~stint:*", "&*", "+@all", "-info"}),
            "OK");
  EXPECT_EQ(server().run({"CONFIG", "SET", "requirepass", "sesame"}), "OK");
  const auto code_and_text = [&](const std::string& url, const std::string& rows) {
    const auto error = error_of([&] { client_of(url, rows, 2s)->acquire(request()); });
    EXPECT_EQ(error->code(), ErrorCode::kConfiguration);
    EXPECT_FALSE(error->retryable());
    return std::string{error->what()};
  };
  const std::string guarded;
  EXPECT_THAT(code_and_text(server().url(), guarded), HasSubstr("wants a password"));
  EXPECT_THAT(code_and_text(with_password(server(), ":wrong-one"), guarded),
              AllOf(HasSubstr("refuses the user or the password"), Not(HasSubstr("wrong-one"))));
  EXPECT_THAT(code_and_text(with_password(server(), "worker:hunter2"), guarded),
              AllOf(HasSubstr("+info"), HasSubstr("restart_guard")));
  const auto error = error_of([&] { client_of(server().url(), guarded, 2s)->wait(1s); });
  EXPECT_THAT(error->what(), HasSubstr("wants a password"));

  EXPECT_TRUE(client_of(with_password(server(), "worker:hunter2"), "restart_guard = false", 2s)
                  ->acquire(request())
                  .is_acquired);
}

TEST_P(RedisFaults, SayThatAUserMayNot) {
  start();
  EXPECT_EQ(server().run({"ACL", "SETUSER", "default", "resetkeys", "~other:*"}), "OK");
  const auto error = error_of([&] { client()->acquire(request()); });
  EXPECT_EQ(error->code(), ErrorCode::kConfiguration);
  EXPECT_THAT(error->what(), HasSubstr("does not let this user"));
}

TEST_P(RedisFaults, NameDatabasesThatAreNotThere) {
  start();
  const auto error =
      error_of([&] { client_of(server().url() + "/99", "restart_guard = false", 2s)->read(); });
  EXPECT_EQ(error->code(), ErrorCode::kConfiguration);
  EXPECT_THAT(error->what(), HasSubstr("no database of this number"));
  EXPECT_TRUE(client_of(server().url() + "/7", "restart_guard = false", 2s)
                  ->acquire(request())
                  .is_acquired);
  EXPECT_EQ(server().run({"EXISTS", kHash}), "0") << "it is in database 7";
}

TEST_P(RedisFaults, WaitForReplicasOrGiveTheLockBack) {
  RedisServer& master = start({"--repl-diskless-sync-delay", "0"});
  const auto lonely = client("restart_guard = false\nwait_replicas = 1", 400ms);
  const auto error = error_of([&] { lonely->acquire(request()); });
  EXPECT_TRUE(error->retryable());
  EXPECT_THAT(error->what(), HasSubstr("0 of 1 replicas"));
  EXPECT_FALSE(client()->read().owner) << "it was given back";

  RedisServer replica{{.name = GetParam(),
                       .settings = {"--replicaof", "127.0.0.1", std::to_string(master.port())}}};
  const auto guarded = client("restart_guard = false\nwait_replicas = 1");
  const LockRequest asked = request();
  EXPECT_TRUE(eventually([&] {
    try {
      return guarded->acquire(asked).is_acquired;
    } catch (const Error&) {
      return false;  // the replica is still being filled
    }
  }));
  EXPECT_EQ(replica.run({"HGET", kHash, "owner"}), asked.owner.id);

  const auto lost = client_of(replica.url(), "restart_guard = false", 2s);
  const auto refusal = error_of([&] { lost->acquire(request()); });
  EXPECT_EQ(refusal->code(), ErrorCode::kUnavailable);
  EXPECT_THAT(refusal->what(), HasSubstr("is a replica"));
}

TEST_P(RedisFaults, FindTheMasterAgainAfterARoleHasChanged) {
  RedisServer& master = start();
  const auto lock = client();
  const LockRequest asked = request();
  const LockAttempt won = lock->acquire(asked);
  // Nobody is where it is told to follow, so it keeps its data.
  EXPECT_EQ(master.run({"REPLICAOF", "127.0.0.1", "1"}), "OK");
  EXPECT_TRUE(error_of([&] { lock->renew(hold(asked, won)); })->retryable());
  EXPECT_EQ(master.run({"REPLICAOF", "NO", "ONE"}), "OK");
  EXPECT_TRUE(lock->renew(hold(asked, won)));
}

TEST_P(RedisFaults, SayThatTheMemoryIsFull) {
  start({"--maxmemory", "1", "--maxmemory-policy", "noeviction"});
  const auto error = error_of([&] { client()->acquire(request()); });
  EXPECT_EQ(error->code(), ErrorCode::kUnavailable);
  EXPECT_THAT(error->what(), HasSubstr("limit of memory"));
}

TEST_P(RedisFaults, EndACallToAHaltedServerInTime) {
  start();
  const auto lock = client("restart_guard = false", 300ms);
  const LockRequest asked = request();
  const LockAttempt won = lock->acquire(asked);
  server().process().pause();
  const auto began = std::chrono::steady_clock::now();
  const auto error = error_of([&] { lock->renew(hold(asked, won)); });
  EXPECT_LT(std::chrono::steady_clock::now() - began, 5s);
  EXPECT_TRUE(error->retryable());
  EXPECT_TRUE(error->outcome_unknown());
  EXPECT_THAT(error->what(), HasSubstr("does not answer in time"));
  // Connecting succeeds, as the kernel does that; the greeting is not answered.
  const auto unanswered = error_of([&] { client("", 300ms)->acquire(request()); });
  EXPECT_FALSE(unanswered->outcome_unknown());
  server().process().resume();
  EXPECT_TRUE(lock->renew(hold(asked, won)));
}

TEST_P(RedisFaults, KnowThatNothingWasWrittenWhereNobodyListens) {
  const int port = PostgresServer::free_port();
  const std::string url = "redis://127.0.0.1:" + std::to_string(port);
  const auto error = error_of([&] { client_of(url, "", 2s)->acquire(request()); });
  EXPECT_EQ(error->code(), ErrorCode::kUnavailable);
  EXPECT_TRUE(error->retryable());
  EXPECT_FALSE(error->outcome_unknown());
  EXPECT_THAT(error->what(), AllOf(HasSubstr(std::to_string(port)), HasSubstr("refused")));
}

TEST_P(RedisFaults, ReplaceAConnectionThatTheServerHasClosed) {
  start();
  const auto lock = client();
  const LockRequest asked = request();
  const LockAttempt won = lock->acquire(asked);
  EXPECT_EQ(server().run({"CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"}), "1");
  EXPECT_TRUE(lock->renew(hold(asked, won))) << "nothing was in doubt";
}

TEST_P(RedisFaults, HearOfAReleaseAfterTheListenersConnectionWasLost) {
  start();
  const auto holder = client();
  const auto waiter = client();
  const LockRequest asked = request();
  const LockAttempt won = holder->acquire(asked);
  EXPECT_FALSE(waiter->acquire(request()).is_acquired);
  waiter->wait(1s);
  EXPECT_EQ(server().run({"CLIENT", "KILL", "TYPE", "pubsub"}), "1");
  EXPECT_TRUE(error_of([&] { waiter->wait(10s); })->retryable());
  EXPECT_TRUE(holder->release(hold(asked, won)));
  const auto began = std::chrono::steady_clock::now();
  waiter->wait(10s);
  EXPECT_LT(std::chrono::steady_clock::now() - began, 5s) << "it listens anew, and says so";
  EXPECT_TRUE(waiter->acquire(request()).is_acquired);
}

TEST_P(RedisFaults, NoticeAListenersConnectionThatIsHalfOpen) {
  start();
  CuttingProxy proxy{"127.0.0.1", static_cast<std::uint16_t>(server().port())};
  const auto waiter = client_of("redis://127.0.0.1:" + std::to_string(proxy.port()),
                                "restart_guard = false", 300ms);
  waiter->wait(1s);
  proxy.half_open_all(Swallow::kBoth);
  const auto began = std::chrono::steady_clock::now();
  waiter->wait(60s);  // returns when the server is silent on being asked for a sign
  EXPECT_LT(std::chrono::steady_clock::now() - began, 20s);
  waiter->wait(60s);  // listens anew
  EXPECT_LT(std::chrono::steady_clock::now() - began, 20s);
}

TEST_P(RedisFaults, EndACallOnAHalfOpenConnectionInTimeAndGoOn) {
  start();
  CuttingProxy proxy{"127.0.0.1", static_cast<std::uint16_t>(server().port())};
  const auto lock = client_of("redis://127.0.0.1:" + std::to_string(proxy.port()),
                              "restart_guard = false", 300ms);
  const LockRequest asked = request();
  const LockAttempt won = lock->acquire(asked);
  proxy.half_open_all(Swallow::kReplies);
  EXPECT_TRUE(error_of([&] { lock->renew(hold(asked, won)); })->outcome_unknown());
  EXPECT_TRUE(lock->renew(hold(asked, won)));
}

}  // namespace
}  // namespace stint::test
