// One-instance locks and liveness stamps in PostgreSQL, beyond their contract.
#include "backends/postgres/lock.hpp"
#include <algorithm>
#include <atomic>
#include <chrono>
#include <functional>
#include <future>
#include <memory>
#include <string>
#include <vector>
#include <fmt/format.h>
#include "backends/postgres/backend.hpp"
#include "backends/postgres/liveness.hpp"
#include "backends/postgres/schema.hpp"
#include "base/url.hpp"
#include "postgres_test_base.hpp"
#include "stint/error.hpp"
#include "stint/one_instance_lock.hpp"
#include "support/cutting_proxy.hpp"
#include "support/eventually.hpp"
#include "support/hostile_texts.hpp"
#include "support/role_options.hpp"

namespace stint::test {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using SteadyClock = std::chrono::steady_clock;

/// The error of a call; fails the test if it throws none.
Error error_of(const std::function<void()>& call) {
  try {
    call();
  } catch (const Error& error) {
    return error;
  }
  ADD_FAILURE() << "nothing was thrown";
  return Error{ErrorCode::kInternal, "nothing was thrown"};
}

class PostgresLocks : public PostgresTest {
 protected:
  std::unique_ptr<LockBackend> lock(const std::string& key = "stint/a.b",
                                    std::chrono::milliseconds timeout = 1s) const {
    return lock_at(url(), key, timeout);
  }
  static std::unique_ptr<LockBackend> lock_at(const std::string& url,
                                              const std::string& key = "stint/a.b",
                                              std::chrono::milliseconds timeout = 1s) {
    return postgres::make_postgres_lock(role_options("one_instance.postgresql", url, key, timeout));
  }
  std::string fence(std::int64_t token, const std::string& key = "stint/a.b") const {
    return fmt::format("select stint.fence_assert('{}', {})", key, token);
  }
  /// The SQLSTATE of a refused fence, or nothing.
  std::string refusal(std::int64_t token, const std::string& key = "stint/a.b") {
    run(
        fmt::format("create or replace function stint.try_fence(name text, token bigint) returns "
                    "text language plpgsql as $$ begin perform stint.fence_assert(name, token); "
                    "return ''; exception when sqlstate 'OI001' then return sqlstate || ' ' || "
                    "sqlerrm; end $$"));
    const std::string told =
        run(fmt::format("select stint.try_fence('{}', {})", key, token)).front();
    run("drop function stint.try_fence");
    return told;
  }
};

TEST_F(PostgresLocks, FenceLetsTheHolderAloneWrite) {
  const auto holder = lock();
  EXPECT_THAT(refusal(1), HasSubstr("OI001 nobody has ever held"));
  const LockRequest request = role_request();
  const LockAttempt won = holder->acquire(request);
  EXPECT_EQ(refusal(won.token), "");
  EXPECT_THAT(refusal(won.token - 1), HasSubstr("OI001"));
  EXPECT_THAT(refusal(won.token - 1), HasSubstr(request.owner.host));
  EXPECT_THAT(refusal(won.token + 1), HasSubstr("OI001"));
  EXPECT_TRUE(holder->renew(role_hold(request, won)));
  EXPECT_EQ(refusal(won.token), "") << "a renewal keeps the token";
  EXPECT_TRUE(holder->release(role_hold(request, won)));
  EXPECT_THAT(refusal(won.token), HasSubstr("it is free"));
}

// A long transaction must not cost its own holder the lease.
TEST_F(PostgresLocks, RenewalsPassAnOpenFencedTransaction) {
  const auto holder = lock();
  const LockRequest request = role_request();
  const LockAttempt won = holder->acquire(request);
  run("begin");
  run(fence(won.token));
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(holder->renew(role_hold(request, won)));
  EXPECT_EQ(holder->read().sequence, 3);
  run(fence(won.token));
  run("commit");
}

TEST_F(PostgresLocks, TakeoverWaitsForTheOpenFencedTransaction) {
  const auto dead = lock();
  const LockRequest request = role_request(50ms, 1ms);
  const LockAttempt won = dead->acquire(request);
  run("create table stint.effect (token bigint)");
  run("begin");
  run(fence(won.token));
  const auto contender = lock();
  LockRequest take = role_request(30s, 1ms);
  ASSERT_TRUE(eventually([&] { return contender->read().expires_in < -1ms; }));
  take.observed = LockMark{.token = won.token, .sequence = 0};
  // Its lease has passed, but not before the transaction ends may anybody else have the lock.
  const LockAttempt refused = contender->acquire(take);
  EXPECT_FALSE(refused.is_acquired);
  EXPECT_EQ(refused.holder.token, won.token);
  EXPECT_GE(refused.retry_in, 1s);
  EXPECT_EQ(error_of([&] { contender->force_release("a test"); }).code(), ErrorCode::kUnavailable);
  run(fmt::format("insert into stint.effect values ({})", won.token));
  run("commit");
  const LockAttempt taken = contender->acquire(take);
  EXPECT_TRUE(taken.is_acquired);
  EXPECT_GT(taken.token, won.token);
  EXPECT_THAT(refusal(won.token), HasSubstr("OI001")) << "fenced after the loss";
  EXPECT_EQ(refusal(taken.token), "");
  run("drop table stint.effect");
}

TEST_F(PostgresLocks, TakesOverOnlyWhatWasObserved) {
  const auto dead = lock();
  const LockAttempt won = dead->acquire(role_request(50ms, 1ms));
  const auto contender = lock();
  ASSERT_TRUE(eventually([&] { return contender->read().expires_in < -1ms; }));
  LockRequest take = role_request();
  const LockAttempt unseen = contender->acquire(take);
  EXPECT_FALSE(unseen.is_acquired) << "a clock that jumped ahead looks the same";
  EXPECT_GT(unseen.retry_in, 0ms);
  take.observed = LockMark{.token = won.token, .sequence = 1};
  EXPECT_FALSE(contender->acquire(take).is_acquired);
  take.observed = LockMark{.token = won.token, .sequence = 0};
  EXPECT_TRUE(contender->acquire(take).is_acquired);
}

TEST_F(PostgresLocks, TokensGrowWhateverTheServersClockSays) {
  const auto holder = lock();
  LockRequest request = role_request();
  LockAttempt won = holder->acquire(request);
  EXPECT_TRUE(holder->release(role_hold(request, won)));
  // As if the clock had been set back by a thousand years since then.
  const std::int64_t ahead = won.token + 31'556'952'000'000'000;
  run(fmt::format("update stint.one_instance_lock set token = {}", ahead));
  request = role_request();
  won = holder->acquire(request);
  EXPECT_EQ(won.token, ahead + 1);
}

TEST_F(PostgresLocks, TakesEveryName) {
  const std::string schema_before = describe_schema();
  for (const std::string& text : hostile_utf8()) {
    const std::string name = text.empty() ? "x" : text;
    if (name.size() > 512) {
      EXPECT_EQ(error_of([&] { lock(name); }).code(), ErrorCode::kConfiguration);
      continue;
    }
    const auto holder = lock(name);
    const LockRequest request = role_request();
    const LockAttempt won = holder->acquire(request);
    ASSERT_TRUE(won.is_acquired) << shown_text(name);
    const auto other = lock(name);
    EXPECT_FALSE(other->acquire(role_request()).is_acquired) << shown_text(name);
    other->force_release(name);
    EXPECT_FALSE(holder->release(role_hold(request, won)));
  }
  EXPECT_THAT(run("select 1 from stint.one_instance_audit where name <> reason and length(reason) "
                  "> 1"),
              IsEmpty());
  EXPECT_EQ(describe_schema(), schema_before);
  EXPECT_EQ(error_of([&] { lock(""); }).code(), ErrorCode::kConfiguration);
  EXPECT_EQ(error_of([&] { lock(std::string("a\0b", 3)); }).code(), ErrorCode::kConfiguration);
  EXPECT_EQ(error_of([&] { lock("\xFF"); }).code(), ErrorCode::kConfiguration);
  EXPECT_EQ(error_of([&] { lock(std::string(513, 'x')); }).code(), ErrorCode::kConfiguration);
}

TEST_F(PostgresLocks, NotesWhatWasFreedByForce) {
  const auto holder = lock();
  const LockRequest request = role_request();
  const LockAttempt won = holder->acquire(request);
  lock()->force_release("the machine burns");
  EXPECT_THAT(run(fmt::format("select token = {}, owner = '{}', reason, role = current_user, info "
                              "->> 'task', program ->> 'pid' = '{}' from stint.one_instance_audit",
                              won.token, request.owner.id, request.owner.pid)),
              ElementsAre("t|t|the machine burns|t|t.run|t"));
  EXPECT_GT(holder->read().token, won.token);
  EXPECT_FALSE(holder->renew(role_hold(request, won)));
}

TEST_F(PostgresLocks, WhatHasNoTablesIsNamedWithTheCommand) {
  const std::string empty = url() + "_none";
  const Error missing = error_of([&] { lock_at(empty)->acquire(role_request()); });
  EXPECT_EQ(missing.code(), ErrorCode::kConfiguration);
  EXPECT_THAT(missing.what(), HasSubstr("stint db init"));

  const std::string old = url() + "_old";
  const auto known = postgres::known_migrations();
  postgres::PostgresSchema older{postgres::parse_connect_options(old), known.first(6)};
  older.migrate();
  const Error outdated = error_of([&] { lock_at(old)->acquire(role_request()); });
  EXPECT_EQ(outdated.code(), ErrorCode::kConfiguration);
  EXPECT_THAT(outdated.what(), HasSubstr("stint db migrate"));
  postgres::postgres_backend().open_schema({.url = old})->migrate();
  EXPECT_TRUE(lock_at(old)->acquire(role_request()).is_acquired);
  postgres::postgres_backend().open_schema({.url = old})->reset();
}

TEST_F(PostgresLocks, WrongUrlsAreRefusedWhereTheyAreGiven) {
  EXPECT_THAT(error_of([&] { lock_at("sqlite:x.db"); }).what(), HasSubstr("postgresql:"));
  EXPECT_THAT(error_of([&] { lock_at("jobs"); }).what(), HasSubstr("no store \"jobs\""));
  BackendOptions by_default = role_options("one_instance.postgresql", "default");
  by_default.settings = load_settings(
      LoadOptions{.toml = "[stores]\ndefault = \"" + url() + "\"\n", .use_environment = false});
  EXPECT_TRUE(postgres::make_postgres_lock(by_default)->acquire(role_request()).is_acquired);
  by_default.settings = load_settings(
      LoadOptions{.toml = "[stores]\ndefault = \"sqlite:x.db\"\n", .use_environment = false});
  EXPECT_THAT(error_of([&] { postgres::make_postgres_lock(by_default); }).what(),
              HasSubstr("the store \"default\" is sqlite:x.db"));
}

TEST_F(PostgresLocks, HandsOverAtOnce) {
  constexpr int kHandOvers = 40;
  const auto first = lock();
  const auto second = lock();
  LockBackend* holder = first.get();
  LockBackend* waiter = second.get();
  LockRequest request = role_request();
  LockAttempt won = holder->acquire(request);
  std::vector<double> seconds;
  for (int i = 0; i < kHandOvers; ++i) {
    std::atomic<bool> is_waiting{false};
    LockRequest next = role_request();
    auto taken = std::async(std::launch::async, [&] {
      LockAttempt attempt = waiter->acquire(next);
      while (!attempt.is_acquired) {
        is_waiting = true;
        waiter->wait(5s);
        attempt = waiter->acquire(next);
      }
      return std::pair{attempt, SteadyClock::now()};
    });
    ASSERT_TRUE(eventually([&] { return is_waiting.load(); }));
    const auto released_at = SteadyClock::now();
    EXPECT_TRUE(holder->release(role_hold(request, won)));
    const auto [attempt, at] = taken.get();
    seconds.push_back(std::chrono::duration<double>(at - released_at).count());
    won = attempt;
    request = next;
    std::swap(holder, waiter);
  }
  std::ranges::sort(seconds);
  RecordProperty("hand_over_p50_us", static_cast<int>(seconds[kHandOvers / 2] * 1e6));
  RecordProperty("hand_over_worst_us", static_cast<int>(seconds.back() * 1e6));
  EXPECT_LT(seconds[kHandOvers * 9 / 10], 0.1);
}

TEST_F(PostgresLocks, ALostListenerIsReplaced) {
  const auto holder = lock();
  const auto waiter = lock();
  const LockRequest request = role_request();
  const LockAttempt won = holder->acquire(request);
  const auto taken = std::async(std::launch::async, [&] {
    bool is_taken = false;
    for (int i = 0; i < 5 && !is_taken; ++i) {
      waiter->wait(10s);
      is_taken = waiter->acquire(role_request()).is_acquired;
    }
    return is_taken;
  });
  const auto listener = [&] {
    const auto found =
        run(fmt::format("select pid from pg_stat_activity where pid <> pg_backend_pid() and query "
                        "like '%listen%{}%'",
                        schema()));
    return found.empty() ? std::string{} : found.front();
  };
  ASSERT_TRUE(eventually([&] { return !listener().empty(); }));
  const std::string lost = listener();
  run(fmt::format("select pg_terminate_backend({})", lost));
  ASSERT_TRUE(eventually([&] { return !listener().empty() && listener() != lost; }));
  EXPECT_TRUE(holder->release(role_hold(request, won)));
  EXPECT_EQ(taken.wait_for(5s), std::future_status::ready) << "the new one was told";
}

TEST_F(PostgresLocks, AnEndedSessionIsReplacedWithoutAWord) {
  const auto holder = lock();
  const LockRequest request = role_request();
  const LockAttempt won = holder->acquire(request);
  const auto end_sessions = [&] {
    // Others that test beside us have sessions of this name, too.
    const auto ended = run(
        fmt::format("select pg_terminate_backend(pid) from pg_stat_activity where application_name "
                    "= 'stint lock' and query like '%{}%' and pid <> pg_backend_pid()",
                    schema()));
    EXPECT_FALSE(ended.empty());
  };
  end_sessions();
  EXPECT_TRUE(holder->renew(role_hold(request, won)));
  end_sessions();
  EXPECT_TRUE(holder->release(role_hold(request, won)));
}

TEST_F(PostgresLocks, LivenessKeepsBothStamps) {
  const auto stamps = [&] {
    return postgres::make_postgres_liveness(role_options("liveness.postgresql", url()));
  };
  EXPECT_FALSE(stamps()->read().success);
  stamps()->write(LivenessKind::kSuccess, stamp_of_this_process("succeeded"));
  stamps()->write(LivenessKind::kSignOfLife, stamp_of_this_process("waiting"));
  LivenessRecord record = stamps()->read();
  ASSERT_TRUE(record.success && record.sign_of_life);
  EXPECT_EQ(record.success->state, "succeeded");
  EXPECT_EQ(record.success->host, stamp_of_this_process("").host);
  EXPECT_EQ(record.sign_of_life->state, "waiting");
  EXPECT_LT(record.success->age, 10s);
  run("update stint.liveness set stamped_at = stamped_at - interval '1 hour' where kind = 0");
  record = stamps()->read();
  EXPECT_GT(record.success->age, 59min);
  run("update stint.liveness set stamped_at = stamped_at + interval '1 day'");
  EXPECT_EQ(stamps()->read().sign_of_life->age, 0s) << "never negative";
  run("update stint.liveness set stamp = '[1]'");
  EXPECT_EQ(stamps()->read().success->state, "");
}

}  // namespace
}  // namespace stint::test
