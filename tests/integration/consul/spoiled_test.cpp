// The lock on a Consul whose answers are lost or garbled on their way.
#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include "base/clock.hpp"
#include "consul_test_base.hpp"
#include "support/eventually.hpp"

namespace stint::test {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

bool is_transaction(const DoubleRequest& request) { return request.target.starts_with("/v1/txn"); }
bool makes_session(const DoubleRequest& request) {
  return request.target.starts_with("/v1/session/create");
}

class SpoiledConsul : public ConsulTest {
 protected:
  using Spoil = std::function<void(DoubleReply& reply)>;

  void SetUp() override {
    ConsulTest::SetUp();
    if (IsSkipped()) return;
    between_ = spoiled_consul(address, [this](const DoubleRequest& request, DoubleReply& reply) {
      if (is_spoiled_ && which_(request)) spoil_(reply);
    });
    lock = make_consul_lock(consul_options("127.0.0.1:" + std::to_string(between_->port()), key));
  }

  /// From now on, spoil the answers to such requests.
  void spoil(std::function<bool(const DoubleRequest&)> which, Spoil how) {
    which_ = std::move(which);
    spoil_ = std::move(how);
    is_spoiled_ = true;
  }
  void leave_alone() { is_spoiled_ = false; }

  std::unique_ptr<LockBackend> lock;

 private:
  std::function<bool(const DoubleRequest&)> which_;
  Spoil spoil_;
  std::atomic<bool> is_spoiled_ = false;
  std::unique_ptr<HttpDouble> between_;
};

void drop(DoubleReply& reply) { reply.way = DoubleReply::Way::kClose; }

TEST_F(SpoiledConsul, LeavesOpenWhetherALockWasGivenAndTheNextTryFindsOut) {
  spoil(is_transaction, drop);
  const LockRequest request = lock_request();
  const Error error = error_of([&] { lock->acquire(request); });
  EXPECT_EQ(error.code(), ErrorCode::kUnavailable);
  EXPECT_TRUE(error.retryable());
  EXPECT_TRUE(error.outcome_unknown());
  leave_alone();
  const json before = entry();
  ASSERT_TRUE(before.contains("Session"));
  const LockAttempt held = lock->acquire(request);
  EXPECT_TRUE(held.is_acquired);
  EXPECT_EQ(held.token, before["ModifyIndex"]);
  EXPECT_EQ(entry(), before);
  EXPECT_EQ(sessions_of(address, key), 1U);
  EXPECT_TRUE(lock->release({.owner_id = request.owner.id, .token = held.token}));
  EXPECT_EQ(sessions_of(address, key), 0U);
}

TEST_F(SpoiledConsul, IsReadBackByOwnerAndToken) {
  spoil(is_transaction, drop);
  const LockRequest request = lock_request();
  EXPECT_TRUE(error_of([&] { lock->acquire(request); }).outcome_unknown());
  leave_alone();
  const LockRecord record = lock->read();
  ASSERT_TRUE(record.owner);
  EXPECT_EQ(record.owner->id, request.owner.id);
  const LockHold hold{.owner_id = request.owner.id, .token = record.token, .ttl = 15s};
  EXPECT_TRUE(lock->renew(hold));
  EXPECT_TRUE(lock->release(hold));
  EXPECT_EQ(sessions_of(address, key), 0U);
}

TEST_F(SpoiledConsul, GivesUpWhatWasPerhapsLockedWhenAnotherOwnerAsks) {
  spoil(is_transaction, [](DoubleReply& reply) { reply.body = reply.body.substr(0, 20); });
  const LockRequest lost = lock_request();
  EXPECT_TRUE(error_of([&] { lock->acquire(lost); }).outcome_unknown());
  leave_alone();
  LockAttempt held;
  const LockRequest request = lock_request();
  ASSERT_TRUE(eventually([&] {
    held = lock->acquire(request);
    return held.is_acquired;
  }));
  EXPECT_EQ(sessions_of(address, key), 1U);
  EXPECT_TRUE(lock->release({.owner_id = request.owner.id, .token = held.token}));
}

TEST_F(SpoiledConsul, DestroysWhatWasPerhapsLockedWhenItIsGivenUpItself) {
  spoil(is_transaction, drop);
  EXPECT_TRUE(error_of([&] { lock->acquire(lock_request()); }).outcome_unknown());
  EXPECT_EQ(sessions_of(address, key), 1U);
  lock.reset();
  EXPECT_EQ(sessions_of(address, key), 0U);
  EXPECT_FALSE(make_lock()->read().owner);
}

TEST_F(SpoiledConsul, DestroysASessionWhoseNumberItNeverHeard) {
  spoil(makes_session, drop);
  const Error error = error_of([&] { lock->acquire(lock_request()); });
  EXPECT_EQ(error.code(), ErrorCode::kUnavailable);
  EXPECT_FALSE(error.outcome_unknown());  // of the lock: a session alone holds nothing
  EXPECT_EQ(sessions_of(address, key), 1U);
  leave_alone();
  const LockRequest request = lock_request();
  const LockAttempt held = lock->acquire(request);
  ASSERT_TRUE(held.is_acquired);
  EXPECT_EQ(sessions_of(address, key), 1U);
  EXPECT_TRUE(lock->release({.owner_id = request.owner.id, .token = held.token}));
  EXPECT_EQ(sessions_of(address, key), 0U);
}

TEST_F(SpoiledConsul, DestroysASessionLaterIfItCouldNotBeDestroyedAtOnce) {
  const auto destroys = [](const DoubleRequest& request) {
    return request.target.starts_with("/v1/session/destroy");
  };
  const LockRequest request = lock_request();
  const LockAttempt held = lock->acquire(request);
  std::atomic<int> tries = 0;
  spoil(destroys, [&](DoubleReply& reply) {
    ++tries;
    reply = {.status = 500, .body = "rpc error making call: EOF"};
  });
  EXPECT_TRUE(lock->release({.owner_id = request.owner.id, .token = held.token}));
  EXPECT_EQ(tries, 1);
  leave_alone();
  lock->read();
  const LockRequest next = lock_request();
  EXPECT_TRUE(lock->acquire(next).is_acquired);
  EXPECT_EQ(sessions_of(address, key), 1U);
}

TEST_F(SpoiledConsul, TellsAnOutageFromALoss) {
  const LockRequest request = lock_request();
  const LockAttempt held = lock->acquire(request);
  const LockHold hold{.owner_id = request.owner.id, .token = held.token, .ttl = 15s};
  const auto any = [](const DoubleRequest&) { return true; };
  const DoubleReply replies[] = {
      {.status = 500, .body = "No cluster leader"},
      {.status = 500, .body = "rpc error making call: EOF"},
      {.status = 429, .body = "Your IP is issuing too many concurrent connections"},
      {.status = 502, .body = "<html>Bad gateway</html>"},
      {.status = 404, .body = "<html>Not found</html>"},
      {.status = 200, .body = "<html>It works!</html>"},
      {.status = 301, .body = ""},
      {.status = 200, .body = ""},
      {.way = DoubleReply::Way::kClose},
  };
  for (const DoubleReply& answer : replies) {
    spoil(any, [&](DoubleReply& reply) { reply = answer; });
    for (const auto& call : std::initializer_list<std::function<void()>>{
             [&] { lock->renew(hold); }, [&] { lock->read(); }, [&] { lock->wait(20ms); }}) {
      const Error error = error_of(call);
      EXPECT_EQ(error.code(), ErrorCode::kUnavailable) << answer.status << error.what();
      EXPECT_TRUE(error.retryable()) << answer.status << error.what();
    }
    leave_alone();
    EXPECT_TRUE(lock->renew(hold)) << answer.status;
  }
  EXPECT_TRUE(lock->release(hold));
}

TEST_F(SpoiledConsul, GivesUpAReleaseThatIsNotAnsweredAndTriesAgain) {
  const LockRequest request = lock_request();
  const LockAttempt held = lock->acquire(request);
  const LockHold hold{.owner_id = request.owner.id, .token = held.token, .ttl = 15s};
  const auto releases = [](const DoubleRequest& one) {
    return one.target.find("release=") != std::string::npos;
  };
  spoil(releases, drop);
  EXPECT_TRUE(error_of([&] { lock->release(hold); }).outcome_unknown());
  leave_alone();
  EXPECT_FALSE(lock->release(hold)) << "the first one has freed it";
  EXPECT_EQ(sessions_of(address, key), 0U);
}

TEST_F(SpoiledConsul, IsNotAskedForLongerThanTheTimeout) {
  const HttpDouble hanging{
      [](const DoubleRequest&) { return DoubleReply{.way = DoubleReply::Way::kHang}; }};
  BackendOptions options = consul_options("127.0.0.1:" + std::to_string(hanging.port()), key);
  options.timeout = 300ms;
  const auto slow = make_consul_lock(options);
  const auto start = real_clock().boot_now();
  EXPECT_THAT(error_of([&] { slow->acquire(lock_request()); }).what(), HasSubstr("timed out"));
  EXPECT_LT(real_clock().boot_now() - start, 2s);
}

TEST(ConsulDouble, IsAskedAnewFromTheStartWhenItsIndexGoesBack) {
  const HttpDouble restored{[](const DoubleRequest& request) {
    const bool is_start = request.target.find("&index=0&") != std::string::npos;
    const bool waits = request.target.find("&wait=") != std::string::npos;
    DoubleReply reply;
    reply.headers["X-Consul-Index"] = waits ? "3" : "50";
    reply.body = std::string{R"([{"Key": "a", "Flags": 0, "Value": "e30=", "Session": "1",
                                  "ModifyIndex": )"} +
                 (is_start ? "2}]" : "40}]");
    return reply;
  }};
  const auto lock =
      make_consul_lock(consul_options("127.0.0.1:" + std::to_string(restored.port()), "a"));
  EXPECT_TRUE(lock->read().owner);
  const auto start = real_clock().boot_now();
  lock->wait(60s);
  EXPECT_LT(real_clock().boot_now() - start, 20s);
  const auto requests = restored.requests();
  ASSERT_EQ(requests.size(), 3U);
  EXPECT_THAT(requests[1].target, HasSubstr("&index=50&"));
  EXPECT_THAT(requests[2].target, HasSubstr("&index=0&"));
}

}  // namespace
}  // namespace stint::test
