// What only a lock in Redis has.
#include <chrono>
#include <string>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include "redis_lock_test_base.hpp"
#include "stint/redis.hpp"
#include "support/eventually.hpp"

namespace stint::test {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

INSTANTIATE_TEST_SUITE_P(Servers, RedisLockTest, ::testing::Values("redis", "valkey"),
                         [](const auto& tested) { return std::string{tested.param}; });

TEST_P(RedisLockTest, GrantsNothingSoonAfterAStart) {
  start({}, /*has_fake_clock=*/true);
  const auto guarded = client("");
  const LockAttempt early = guarded->acquire(request(30s, 10s));
  EXPECT_FALSE(early.is_acquired);
  EXPECT_FALSE(early.holder.owner);
  EXPECT_GT(early.retry_in, 30s);
  EXPECT_LE(early.retry_in, 40s);
  EXPECT_TRUE(client()->acquire(request()).is_acquired) << "unless told not to wait";
  EXPECT_EQ(server().run({"DEL", kHash}), "1");
  server().process().set_clock(41s);  // of which its time since the start is made
  EXPECT_TRUE(client("")->acquire(request(30s, 10s)).is_acquired);
}

TEST_P(RedisLockTest, RemembersItsHolderOverARestart) {
  start();
  const auto holder = client();
  const LockRequest asked = request();
  const LockAttempt won = holder->acquire(asked);
  ASSERT_TRUE(won.is_acquired);
  server().process().kill();
  EXPECT_TRUE(error_of([&] { holder->renew(hold(asked, won)); })->retryable());
  server().start();
  EXPECT_FALSE(client()->acquire(request()).is_acquired);
  EXPECT_TRUE(holder->renew(hold(asked, won)));
  EXPECT_TRUE(holder->release(hold(asked, won)));
}

TEST_P(RedisLockTest, GivesALargerTokenAfterItsKeyWasRemoved) {
  start();
  const auto first = client();
  const LockRequest asked = request();
  const LockAttempt won = first->acquire(asked);
  EXPECT_EQ(server().run({"DEL", kHash}), "1");
  EXPECT_FALSE(first->renew(hold(asked, won)));
  EXPECT_FALSE(first->release(hold(asked, won)));
  EXPECT_EQ(server().run({"EXISTS", kHash}), "0") << "a loser must write nothing";
  EXPECT_GT(client()->acquire(request()).token, won.token);
}

TEST_P(RedisLockTest, GivesALargerTokenWhenTheClockIsSetBack) {
  start({}, /*has_fake_clock=*/true);
  const auto lock = client();
  const LockRequest asked = request();
  const LockAttempt won = lock->acquire(asked);
  EXPECT_TRUE(lock->release(hold(asked, won)));
  server().process().set_clock(-1h);
  EXPECT_EQ(lock->acquire(request()).token, won.token + 1);
}

TEST_P(RedisLockTest, StaysWithItsHolderWhenTheClockJumpsAhead) {
  start({}, /*has_fake_clock=*/true);
  const auto holder = client();
  const auto other = client();
  const LockRequest asked = request(30s, 5s);
  const LockAttempt won = holder->acquire(asked);
  server().process().set_clock(24h);
  LockRequest greedy = request(30s, 5s);
  const LockAttempt refused = other->acquire(greedy);
  EXPECT_FALSE(refused.is_acquired) << "it has not watched it for the lock's delay";
  EXPECT_LT(*refused.holder.expires_in, 0s);
  EXPECT_EQ(refused.retry_in, 5s);
  greedy.observed = {.token = refused.holder.token, .sequence = refused.holder.sequence};
  EXPECT_TRUE(holder->renew(hold(asked, won)));
  EXPECT_FALSE(other->acquire(greedy).is_acquired) << "it was renewed since";
}

TEST_P(RedisLockTest, IsTakenOverByWhoHasWatchedItAndTheFirstHears) {
  start({}, /*has_fake_clock=*/true);
  const auto holder = client();
  const LockRequest asked = request(30s, 5s);
  const LockAttempt won = holder->acquire(asked);
  holder->wait(1s);  // listens from now on
  server().process().set_clock(40s);
  const auto other = client();
  LockRequest next = request(30s, 5s);
  const LockRecord seen = other->read();
  next.observed = {.token = seen.token, .sequence = seen.sequence};
  const LockAttempt taken = other->acquire(next);
  ASSERT_TRUE(taken.is_acquired);
  EXPECT_GT(taken.token, won.token);
  const auto began = std::chrono::steady_clock::now();
  holder->wait(10s);
  EXPECT_LT(std::chrono::steady_clock::now() - began, 5s);
  EXPECT_FALSE(holder->renew(hold(asked, won)));
  EXPECT_FALSE(holder->release(hold(asked, won)));
}

TEST_P(RedisLockTest, GrantsItsOwnRequestAgain) {
  start();
  const auto lock = client();
  const LockRequest asked = request();
  const LockAttempt won = lock->acquire(asked);
  // As after an answer that was lost.
  const LockAttempt again = client()->acquire(asked);
  EXPECT_TRUE(again.is_acquired);
  EXPECT_EQ(again.token, won.token);
}

TEST_P(RedisLockTest, LeavesKeysOfOthersAlone) {
  start();
  const auto lock = client();
  for (const std::vector<std::string>& foreign : {std::vector<std::string>{"SET", kHash, "mine"},
                                                  {"HSET", kHash, "mine", "1"},
                                                  {"LPUSH", kHash, "mine"},
                                                  {"HSET", kHash, "token", "abc"}}) {
    server().run({"DEL", kHash});
    server().run(foreign);
    const std::string before = server().run({"DUMP", kHash});
    for (const auto& error :
         {error_of([&] { lock->acquire(request()); }), error_of([&] { lock->read(); }),
          error_of([&] { lock->force_release("a test"); })}) {
      ASSERT_TRUE(error);
      EXPECT_EQ(error->code(), ErrorCode::kConfiguration);
      EXPECT_THAT(error->what(), AllOf(HasSubstr("somebody else's"), HasSubstr(kHash)));
    }
    EXPECT_EQ(server().run({"DUMP", kHash}), before);
  }
}

TEST_P(RedisLockTest, RemembersWhoFreedItByForce) {
  start();
  const auto lock = client();
  const LockRequest asked = request();
  const LockAttempt won = lock->acquire(asked);
  client()->force_release("the host is \"gone\"");
  EXPECT_FALSE(lock->renew(hold(asked, won)));
  const std::string audit = server().run({"LRANGE", std::string{kHash} + ":audit", "0", "-1"});
  EXPECT_THAT(audit, AllOf(HasSubstr(R"(the host is \"gone\")"), HasSubstr(asked.owner.id),
                           HasSubstr(std::to_string(won.token))));
}

TEST_P(RedisLockTest, WorksWithoutItsScriptsInTheServersMemory) {
  start();
  const auto lock = client();
  const LockRequest asked = request();
  const LockAttempt won = lock->acquire(asked);
  EXPECT_EQ(server().run({"SCRIPT", "FLUSH"}), "OK");
  EXPECT_TRUE(lock->renew(hold(asked, won)));
  EXPECT_EQ(server().run({"SCRIPT", "FLUSH"}), "OK");
  EXPECT_TRUE(lock->release(hold(asked, won)));
}

TEST_P(RedisLockTest, FencesEffects) {
  start();
  const auto lock = client();
  const LockRequest first = request();
  const LockAttempt old_holder = lock->acquire(first);
  EXPECT_TRUE(lock->release(hold(first, old_holder)));
  const LockAttempt holder = lock->acquire(request());
  const std::string old_token = std::to_string(old_holder.token);
  const std::string token = std::to_string(holder.token);
  ASSERT_EQ(redis::lock_key(kKey), kHash);

  const std::string assertion{redis::fence_assert_script()};
  EXPECT_EQ(server().run({"EVAL", assertion, "1", kHash, token}), "1");
  EXPECT_THAT(server().run({"EVAL", assertion, "1", kHash, old_token}),
              StartsWith("(error) FENCED the token " + old_token));

  const std::string increment =
      redis::fenced_script("return redis.call('INCRBY', KEYS[2], ARGV[2])");
  EXPECT_EQ(server().run({"EVAL", increment, "2", kHash, "sum", token, "5"}), "5");
  EXPECT_THAT(server().run({"EVAL", increment, "2", kHash, "sum", old_token, "5"}),
              StartsWith("(error) FENCED"));
  EXPECT_EQ(server().run({"GET", "sum"}), "5");

  const std::string set{redis::fence_set_script()};
  EXPECT_EQ(server().run({"EVAL", set, "2", "value", "value:fence", token, "new"}), "1");
  EXPECT_THAT(server().run({"EVAL", set, "2", "value", "value:fence", old_token, "old"}),
              StartsWith("(error) FENCED"));
  EXPECT_EQ(server().run({"EVAL", set, "2", "value", "value:fence", token, "newer", "60000"}), "1");
  EXPECT_EQ(server().run({"GET", "value"}), "newer");
  EXPECT_NE(server().run({"PTTL", "value"}), "-1");
  EXPECT_THAT(server().run({"EVAL", set, "2", "value", "value:fence", "9 or 1", "x"}),
              StartsWith("(error) ERR"));
  EXPECT_EQ(server().run({"EVAL", set, "2", "value", "value:fence", "10" + token, "x"}), "1")
      << "as numbers, not as texts";
}

TEST_P(RedisLockTest, TakesHostileNames) {
  start();
  for (const char* key : {"a}b{c", "with space", "\r\nFLUSHALL\r\n", "\xC3\xA9\"'\\", "{}"}) {
    const auto lock = make_redis_lock({.settings = load_settings(LoadOptions{
                                           .toml = "[one_instance.redis]\nrestart_guard = false\n"
                                                   "url = \"" +
                                                   server().url() + "\"",
                                           .use_environment = false}),
                                       .table = "one_instance.redis",
                                       .key = key});
    const LockRequest asked = request();
    const LockAttempt won = lock->acquire(asked);
    EXPECT_TRUE(won.is_acquired) << key;
    EXPECT_EQ(server().run({"HGET", redis::lock_key(key), "token"}), std::to_string(won.token));
    EXPECT_TRUE(lock->release(hold(asked, won)));
  }
}

}  // namespace
}  // namespace stint::test
