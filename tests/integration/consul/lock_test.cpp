// The lock on a Consul in good health.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <future>
#include <iostream>
#include <string>
#include <thread>
#include <vector>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include "base/base64.hpp"
#include "base/clock.hpp"
#include "consul_test_base.hpp"
#include "support/eventually.hpp"
#include "support/test_size.hpp"

namespace stint::test {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

LockHold hold_of(const LockRequest& request, const LockAttempt& attempt) {
  return {.owner_id = request.owner.id, .token = attempt.token, .ttl = request.ttl};
}

class ConsulLock : public ConsulTest {
 protected:
  /// A client whose requests can be counted.
  std::unique_ptr<LockBackend> make_counted_lock() {
    if (!between_) between_ = spoiled_consul(address, [](const DoubleRequest&, DoubleReply&) {});
    return make_consul_lock(consul_options("127.0.0.1:" + std::to_string(between_->port()), key));
  }
  std::size_t requests() const { return between_->requests().size(); }
  /// Wait until it has asked for news more often than that.
  [[nodiscard]] bool has_begun_to_wait(std::size_t waits_before) const {
    return eventually([&] { return waits() > waits_before; });
  }
  std::size_t waits() const {
    const auto requests = between_->requests();
    return static_cast<std::size_t>(std::ranges::count_if(requests, [](const DoubleRequest& one) {
      return one.target.find("&wait=") != std::string::npos;
    }));
  }

 private:
  std::unique_ptr<HttpDouble> between_;
};

TEST_F(ConsulLock, IsHeldByOneAndItsTokenGrows) {
  auto first = make_lock();
  auto second = make_lock();
  std::int64_t last_token = 0;
  for (int i = 0; i < 3; ++i) {
    const LockRequest request = lock_request();
    const LockAttempt held = first->acquire(request);
    ASSERT_TRUE(held.is_acquired);
    EXPECT_GT(held.token, last_token);
    last_token = held.token;
    const LockAttempt refused = second->acquire(lock_request());
    EXPECT_FALSE(refused.is_acquired);
    ASSERT_TRUE(refused.holder.owner);
    EXPECT_EQ(refused.holder.owner->id, request.owner.id);
    EXPECT_EQ(refused.holder.token, held.token);
    EXPECT_TRUE(first->renew(hold_of(request, held)));
    EXPECT_TRUE(first->release(hold_of(request, held)));
    EXPECT_FALSE(first->release(hold_of(request, held)));
    EXPECT_FALSE(first->renew(hold_of(request, held)));
    std::swap(first, second);
  }
}

TEST_F(ConsulLock, LeavesNoSessionBehind) {
  const int cycles = is_full_size() ? 1000 : 100;
  const auto lock = make_lock();
  const auto contender = make_lock();
  for (int i = 0; i < cycles; ++i) {
    const LockRequest request = lock_request();
    const LockAttempt held = lock->acquire(request);
    ASSERT_TRUE(held.is_acquired) << i;
    if (i % 10 == 0) {
      EXPECT_FALSE(contender->acquire(lock_request()).is_acquired);
      EXPECT_EQ(sessions_of(address, key), 1U);
    }
    ASSERT_TRUE(lock->release(hold_of(request, held))) << i;
  }
  EXPECT_EQ(sessions_of(address, key), 0U);
}

TEST_F(ConsulLock, WakesWhoWaitsWhenItIsReleased) {
  const auto lock = make_lock();
  const auto waiter = make_counted_lock();
  std::vector<std::chrono::nanoseconds> times;
  for (int i = 0; i < (is_full_size() ? 500 : 20); ++i) {
    const LockRequest request = lock_request();
    const LockAttempt held = lock->acquire(request);
    ASSERT_TRUE(held.is_acquired);
    const LockRequest next = lock_request();
    ASSERT_FALSE(waiter->acquire(next).is_acquired);
    const std::size_t waits_before = waits();
    std::promise<std::chrono::nanoseconds> got_it;
    const std::jthread thread{[&] {
      LockAttempt attempt;
      while (!attempt.is_acquired) {
        waiter->wait(10s);
        attempt = waiter->acquire(next);
      }
      got_it.set_value(real_clock().boot_now());
      waiter->release(hold_of(next, attempt));
    }};
    ASSERT_TRUE(has_begun_to_wait(waits_before));
    const auto released_at = real_clock().boot_now();
    ASSERT_TRUE(lock->release(hold_of(request, held)));
    times.push_back(got_it.get_future().get() - released_at);
  }
  std::ranges::sort(times);
  std::cout << "hand-over: median " << times[times.size() / 2] / 1us << " us, p99 "
            << times[times.size() * 99 / 100] / 1us << " us, longest " << times.back() / 1us
            << " us\n";
  EXPECT_LT(times[times.size() / 2], 100ms);
}

TEST_F(ConsulLock, LeavesTheValueAloneWhileItIsHeld) {
  const auto lock = make_lock();
  const LockRequest request = lock_request();
  const LockAttempt held = lock->acquire(request);
  const json before = entry();
  EXPECT_EQ(before["ModifyIndex"], held.token);
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(lock->renew(hold_of(request, held)));
    EXPECT_FALSE(make_lock()->acquire(lock_request()).is_acquired);
  }
  EXPECT_EQ(entry(), before);
  // What jobslib's runners show of a holder is in it.
  const json value = json::parse(decode_base64(before["Value"].get<std::string>()).value());
  for (const char* name : {"fqdn", "timestamp", "time_utc", "time_local", "id", "pid"}) {
    EXPECT_TRUE(value.contains(name)) << name;
  }
  EXPECT_TRUE(lock->release(hold_of(request, held)));
}

TEST_F(ConsulLock, NamesAHolderThatIsAJobslibRunner) {
  const std::string session = make_session();
  const std::string value = R"({"fqdn": "old.example.org", "timestamp": 1700000000,
      "time_utc": "2023-11-14T22:13:20", "time_local": "2023-11-14T23:13:20"})";
  ASSERT_EQ(ask("PUT", "/v1/kv/" + key + "?acquire=" + session, value).body.substr(0, 4), "true");
  const auto lock = make_lock();
  const LockAttempt refused = lock->acquire(lock_request());
  EXPECT_FALSE(refused.is_acquired);
  ASSERT_TRUE(refused.holder.owner);
  EXPECT_EQ(refused.holder.owner->fqdn, "old.example.org");
  EXPECT_EQ(refused.holder.owner->acquired_at, "2023-11-14T22:13:20.000Z");
  // Once it has released the lock, its value is no obstacle.
  ASSERT_EQ(ask("PUT", "/v1/kv/" + key + "?release=" + session).body.substr(0, 4), "true");
  const LockRequest request = lock_request();
  const LockAttempt held = lock->acquire(request);
  EXPECT_TRUE(held.is_acquired);
  EXPECT_TRUE(lock->release(hold_of(request, held)));
}

TEST_F(ConsulLock, IsBusyWhoeverHoldsTheKeyAndWhateverItHolds) {
  const std::string session = make_session();
  ASSERT_EQ(ask("PUT", "/v1/kv/" + key + "?flags=7&acquire=" + session, "\xFF not ours").status,
            200);
  const json before = entry();
  const auto lock = make_lock();
  const LockAttempt refused = lock->acquire(lock_request());
  EXPECT_FALSE(refused.is_acquired);
  ASSERT_TRUE(refused.holder.owner);
  EXPECT_EQ(refused.holder.owner->id, session);
  EXPECT_FALSE(lock->release({.owner_id = "nobody", .token = refused.holder.token}));
  EXPECT_EQ(entry(), before);
}

TEST_F(ConsulLock, NeverOverwritesWhatNoLockHasWritten) {
  const auto lock = make_lock();
  for (const char* value : {"a text", "17", "[]", "\"{}\""}) {
    ASSERT_EQ(ask("PUT", "/v1/kv/" + key, value).status, 200);
    const json before = entry();
    const Error error = error_of([&] { lock->acquire(lock_request()); });
    EXPECT_EQ(error.code(), ErrorCode::kConfiguration) << value;
    EXPECT_THAT(error.what(), HasSubstr(key));
    EXPECT_EQ(entry(), before);
  }
  ASSERT_EQ(ask("PUT", "/v1/kv/" + key + "?flags=3304740253564472344", "{}").status, 200);
  EXPECT_EQ(error_of([&] { lock->acquire(lock_request()); }).code(), ErrorCode::kConfiguration);
  EXPECT_EQ(sessions_of(address, key), 0U);
}

TEST_F(ConsulLock, IsBarredForTheLockDelayOnceItsHolderIsLost) {
  const auto lock = make_lock();
  const auto contender = make_lock();
  const LockRequest request = lock_request(15s, 1s);
  ASSERT_TRUE(lock->acquire(request).is_acquired);
  LockRequest next = lock_request(15s, 1s);
  ASSERT_FALSE(contender->acquire(next).is_acquired);
  const json before = entry();
  ASSERT_EQ(ask("PUT", "/v1/session/destroy/" + before["Session"].get<std::string>()).status, 200);
  const auto lost_at = real_clock().boot_now();
  contender->wait(10s);
  LockAttempt attempt = contender->acquire(next);
  EXPECT_FALSE(attempt.is_acquired);
  EXPECT_FALSE(attempt.holder.owner);
  EXPECT_GT(attempt.retry_in, 0ms);
  EXPECT_LE(attempt.retry_in, 1100ms);
  EXPECT_EQ(sessions_of(address, key), 0U);  // who waits holds none
  ASSERT_TRUE(eventually([&] {
    contender->wait(attempt.retry_in);
    attempt = contender->acquire(next);
    return attempt.is_acquired;
  }));
  EXPECT_GE(real_clock().boot_now() - lost_at, 900ms);
  EXPECT_LT(real_clock().boot_now() - lost_at, 4s);
  EXPECT_TRUE(contender->release(hold_of(next, attempt)));
}

TEST_F(ConsulLock, TellsItsHolderThatTheSessionWasDestroyed) {
  const auto lock = make_counted_lock();
  const LockRequest request = lock_request();
  const LockAttempt held = lock->acquire(request);
  ASSERT_TRUE(held.is_acquired);
  auto woken = std::async(std::launch::async, [&] {
    lock->wait(30s);
    return real_clock().boot_now();
  });
  ASSERT_TRUE(has_begun_to_wait(0));
  EXPECT_EQ(woken.wait_for(0s), std::future_status::timeout);
  const auto destroyed_at = real_clock().boot_now();
  ask("PUT", "/v1/session/destroy/" + entry()["Session"].get<std::string>());
  EXPECT_LT(woken.get() - destroyed_at, 2s);
  EXPECT_FALSE(lock->read().owner);
  EXPECT_FALSE(lock->renew(hold_of(request, held)));
  EXPECT_FALSE(lock->release(hold_of(request, held)));
}

TEST_F(ConsulLock, IsLostWhenItsKeyIsDeleted) {
  const auto lock = make_lock();
  const LockRequest request = lock_request();
  const LockAttempt held = lock->acquire(request);
  ASSERT_EQ(ask("DELETE", "/v1/kv/" + key).status, 200);
  EXPECT_FALSE(lock->renew(hold_of(request, held)));
  EXPECT_EQ(sessions_of(address, key), 0U);
}

TEST_F(ConsulLock, CanBeReleasedByWhoKnowsOwnerAndToken) {
  const LockRequest request = lock_request();
  const LockAttempt held = make_lock()->acquire(request);  // its process is gone
  const auto other = make_lock();
  LockHold wrong = hold_of(request, held);
  --wrong.token;
  EXPECT_FALSE(other->release(wrong));
  EXPECT_FALSE(other->renew(wrong));
  EXPECT_TRUE(other->renew(hold_of(request, held)));
  EXPECT_TRUE(other->release(hold_of(request, held)));
  EXPECT_EQ(sessions_of(address, key), 0U);
}

TEST_F(ConsulLock, CanBeTakenFromItsHolderByForce) {
  const auto lock = make_lock();
  const LockRequest request = lock_request(15s, 15s);
  const LockAttempt held = lock->acquire(request);
  const auto other = make_lock();
  other->force_release("its machine is gone");
  EXPECT_FALSE(lock->renew(hold_of(request, held)));
  const LockRequest next = lock_request();
  const LockAttempt taken = other->acquire(next);  // at once: no lock delay
  ASSERT_TRUE(taken.is_acquired);
  EXPECT_GT(taken.token, held.token);
  EXPECT_FALSE(lock->release(hold_of(request, held)));
  EXPECT_TRUE(other->release(hold_of(next, taken)));
  EXPECT_EQ(sessions_of(address, key), 0U);
  other->force_release("nobody has it");
}

TEST_F(ConsulLock, EndsAWaitWhenInterrupted) {
  const auto lock = make_lock();
  ASSERT_TRUE(lock->acquire(lock_request()).is_acquired);
  const auto waiter = make_counted_lock();
  ASSERT_FALSE(waiter->acquire(lock_request()).is_acquired);
  waiter->interrupt();
  const auto start = real_clock().boot_now();
  waiter->wait(30s);  // the next one
  auto waiting = std::async(std::launch::async, [&] { waiter->wait(30s); });
  ASSERT_TRUE(has_begun_to_wait(0));
  EXPECT_EQ(waiting.wait_for(0s), std::future_status::timeout);
  waiter->interrupt();
  waiting.get();
  EXPECT_LT(real_clock().boot_now() - start, 5s);
  waiter->wait(100ms);
  lock->force_release("the test is over");
}

TEST_F(ConsulLock, AsksSeldomWhileNothingHappens) {
  const auto lock = make_lock();
  ASSERT_TRUE(lock->acquire(lock_request()).is_acquired);
  const auto waiter = make_counted_lock();
  const auto end = real_clock().boot_now() + 2s;
  const LockRequest request = lock_request();
  while (real_clock().boot_now() < end) {
    EXPECT_FALSE(waiter->acquire(request).is_acquired);
    ask("PUT", "/v1/kv/" + key + "-other", "x");  // news that are none
    waiter->wait(1s);
  }
  EXPECT_LE(requests(), 4U * 2U);
  lock->force_release("the test is over");
}

TEST_F(ConsulLock, WaitsForAKeyThatDoesNotExistWithoutHaste) {
  const auto waiter = make_counted_lock();
  EXPECT_FALSE(waiter->read().owner);
  std::atomic<bool> done = false;
  const std::jthread noise{[&] {
    while (!eventually([&] { return done.load(); }, 20ms)) {
      ask("PUT", "/v1/kv/" + key + "-other", "x");
    }
  }};
  waiter->wait(2s);
  EXPECT_LE(requests(), 8U);
  // And hears of it when it is made.
  auto waiting = std::async(std::launch::async, [&] { waiter->wait(20s); });
  const auto start = real_clock().boot_now();
  const auto lock = make_lock();
  const LockRequest request = lock_request();
  const LockAttempt held = lock->acquire(request);
  waiting.get();
  done = true;
  EXPECT_LT(real_clock().boot_now() - start, 5s);
  EXPECT_TRUE(lock->release(hold_of(request, held)));
}

}  // namespace
}  // namespace stint::test
