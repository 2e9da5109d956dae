/// The contract of a LockBackend, as GoogleTest's tests: run them against your own. Not part of
/// `stint.hpp`; needs GoogleTest.
///
///     INSTANTIATE_TEST_SUITE_P(Mine, LockContract, testing::Values(stint::contract::LockPlace{
///         .name = "mine", .make_lock = [] {
///           auto key = fresh_key();
///           return [=] { return std::make_unique<MyLock>(key); };
///         }}));
#pragma once
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <future>
#include <iterator>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <thread>
#include <vector>
#include <gtest/gtest.h>
#include "stint/lock_backend.hpp"
#include "stint/one_instance_lock.hpp"

namespace stint::contract {

/// Makes a client of one and the same lock, as often as it is called.
using LockClients = std::function<std::unique_ptr<LockBackend>()>;

/// Where the tests get their locks.
struct LockPlace {
  std::string name;
  /// Makes a lock that nobody has used yet.
  std::function<LockClients()> make_lock;
  /// Says why the tests cannot run here, a server that is not there for example: they are skipped.
  /// Empty: they can.
  std::function<std::string()> find_obstacle = {};
  /// The least ttl with which a lease's end can be awaited in a test.
  std::chrono::milliseconds ttl = std::chrono::seconds{1};
  /// How long after a holder's death another may have to wait at most.
  std::chrono::milliseconds longest_takeover = std::chrono::seconds{5};
  /// How long after a release a waiter may sleep at most.
  std::chrono::milliseconds longest_hand_over = std::chrono::seconds{1};
};

// GoogleTest looks for this name.
inline void PrintTo(const LockPlace& place,
                    std::ostream* to) {  // NOLINT(readability-identifier-naming)
  *to << place.name;
}

class LockContract : public testing::TestWithParam<LockPlace> {
 protected:
  void SetUp() override {
    const std::string obstacle = GetParam().find_obstacle ? GetParam().find_obstacle() : "";
    if (!obstacle.empty()) GTEST_SKIP() << obstacle;
    clients_ = GetParam().make_lock();
  }

  std::unique_ptr<LockBackend> client() const { return clients_(); }

  LockRequest request() const {
    return {.owner = this_process_as_owner("contract.test"),
            .ttl = GetParam().ttl,
            .lock_delay = std::chrono::milliseconds{200}};
  }

  static LockHold hold(const LockRequest& request, const LockAttempt& attempt) {
    return {.owner_id = request.owner.id, .token = attempt.token, .ttl = request.ttl};
  }

  /// Whoever always grants it has nothing to show here.
  bool is_exclusive() const { return client()->traits().is_exclusive; }

 private:
  LockClients clients_;
};

TEST_P(LockContract, IsGrantedOnceAndNamesItsHolder) {
  if (!is_exclusive()) return;
  const auto first = client();
  const auto second = client();
  EXPECT_FALSE(first->read().owner);
  const LockRequest asked = request();
  const LockAttempt won = first->acquire(asked);
  ASSERT_TRUE(won.is_acquired);
  EXPECT_GT(won.token, 0);

  const LockAttempt refused = second->acquire(request());
  EXPECT_FALSE(refused.is_acquired);
  ASSERT_TRUE(refused.holder.owner);
  EXPECT_EQ(refused.holder.owner->id, asked.owner.id);
  EXPECT_EQ(refused.holder.owner->host, asked.owner.host);
  EXPECT_EQ(refused.holder.owner->pid, asked.owner.pid);
  EXPECT_EQ(refused.holder.token, won.token);

  const LockRecord record = second->read();
  ASSERT_TRUE(record.owner);
  EXPECT_EQ(record.owner->id, asked.owner.id);
  EXPECT_EQ(record.owner->task, "contract.test");
  EXPECT_EQ(record.token, won.token);
  EXPECT_TRUE(first->release(hold(asked, won)));
}

TEST_P(LockContract, GivesEachHolderALargerToken) {
  const auto first = client();
  const auto second = client();
  std::int64_t last = 0;
  for (int round = 0; round < 4; ++round) {
    LockBackend& holder = round % 2 == 0 ? *first : *second;
    const LockRequest asked = request();
    const LockAttempt won = holder.acquire(asked);
    ASSERT_TRUE(won.is_acquired) << round;
    EXPECT_GT(won.token, last);
    last = won.token;
    EXPECT_TRUE(holder.renew(hold(asked, won)));
    EXPECT_TRUE(holder.release(hold(asked, won)));
    if (is_exclusive()) {
      EXPECT_FALSE(holder.read().owner);
    }
  }
}

TEST_P(LockContract, IsFreedByItsOwnerAndTokenAlone) {
  const auto holder = client();
  const auto other = client();
  const LockRequest asked = request();
  const LockAttempt won = holder->acquire(asked);
  ASSERT_TRUE(won.is_acquired);
  LockHold wrong_owner = hold(asked, won);
  wrong_owner.owner_id = this_process_as_owner("x.y").id;
  LockHold wrong_token = hold(asked, won);
  --wrong_token.token;
  for (const LockHold& wrong : {wrong_owner, wrong_token}) {
    EXPECT_FALSE(holder->release(wrong));
    EXPECT_FALSE(holder->renew(wrong));
    if (is_exclusive()) {
      EXPECT_FALSE(other->release(wrong));
      EXPECT_FALSE(other->renew(wrong));
    }
  }
  const LockRecord record = holder->read();
  ASSERT_TRUE(record.owner);
  EXPECT_EQ(record.owner->id, asked.owner.id);
  EXPECT_EQ(record.token, won.token);
  EXPECT_TRUE(holder->renew(hold(asked, won)));
  EXPECT_TRUE(holder->release(hold(asked, won)));
  EXPECT_FALSE(holder->release(hold(asked, won))) << "a second time";
  EXPECT_FALSE(holder->renew(hold(asked, won))) << "after the release";
}

TEST_P(LockContract, WakesWhoWaitsWhenItIsReleased) {
  if (!is_exclusive()) return;
  const auto holder = client();
  const auto waiter = client();
  const LockRequest asked = request();
  const LockAttempt won = holder->acquire(asked);
  ASSERT_TRUE(won.is_acquired);
  ASSERT_FALSE(waiter->acquire(request()).is_acquired);
  auto woken = std::async(std::launch::async, [&] {
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds{30};
    while (std::chrono::steady_clock::now() < until) {
      waiter->wait(std::chrono::seconds{30});
      if (!waiter->read().owner) return std::chrono::steady_clock::now();
    }
    return until;
  });
  const auto released_at = std::chrono::steady_clock::now();
  EXPECT_TRUE(holder->release(hold(asked, won)));
  EXPECT_LT(woken.get() - released_at, GetParam().longest_hand_over);
}

TEST_P(LockContract, MissesNoReleaseBetweenATryAndTheWait) {
  if (!is_exclusive()) return;
  const auto holder = client();
  const auto waiter = client();
  const LockRequest asked = request();
  const LockAttempt won = holder->acquire(asked);
  ASSERT_TRUE(won.is_acquired);
  ASSERT_FALSE(waiter->acquire(request()).is_acquired);
  EXPECT_TRUE(holder->release(hold(asked, won)));
  const auto began = std::chrono::steady_clock::now();
  waiter->wait(std::chrono::seconds{30});
  EXPECT_LT(std::chrono::steady_clock::now() - began, GetParam().longest_hand_over);
}

TEST_P(LockContract, EndsAWaitThatIsInterrupted) {
  const auto waiter = client();
  waiter->read();
  waiter->interrupt();
  waiter->wait(std::chrono::seconds{30});
  auto waiting = std::async(std::launch::async, [&] { waiter->wait(std::chrono::seconds{30}); });
  waiter->interrupt();
  EXPECT_EQ(waiting.wait_for(std::chrono::seconds{10}), std::future_status::ready);
}

TEST_P(LockContract, IsTakenOverOnlyWhenItsLeaseHasEnded) {
  if (!client()->traits().has_lease) return;
  OneInstanceLock second{client(),
                         {.ttl = GetParam().ttl,
                          .lock_delay = std::chrono::milliseconds{200},
                          .at_deadline = LockOptions::AtDeadline::kTell}};
  const auto dead = client();  // acquires, and never renews
  const LockRequest asked = request();
  const auto began = std::chrono::steady_clock::now();
  const LockAttempt won = dead->acquire(asked);
  ASSERT_TRUE(won.is_acquired);
  const LockResult taken = second.acquire(GetParam().longest_takeover);
  ASSERT_TRUE(taken) << taken.problem;
  EXPECT_GE(std::chrono::steady_clock::now() - began, asked.ttl);
  EXPECT_GT(taken.token, won.token);
  EXPECT_FALSE(dead->renew(hold(asked, won))) << "a zombie";
  EXPECT_FALSE(dead->release(hold(asked, won))) << "a zombie";
  EXPECT_TRUE(second.check());
  second.release();
}

TEST_P(LockContract, StaysWithAHolderThatRenewsIt) {
  const LockOptions options{.ttl = GetParam().ttl,
                            .lock_delay = std::chrono::milliseconds{200},
                            .at_deadline = LockOptions::AtDeadline::kTell};
  OneInstanceLock first{client(), options};
  ASSERT_TRUE(first.try_acquire());
  if (is_exclusive()) {
    OneInstanceLock second{client(), options};
    EXPECT_EQ(second.acquire(GetParam().ttl * 5 / 2).outcome, LockResult::Outcome::kBusy);
  }
  EXPECT_TRUE(first.check());
  EXPECT_GT(first.remaining(), std::chrono::nanoseconds{0});
  EXPECT_FALSE(first.stop_token().stop_requested());
  first.release();
  EXPECT_EQ(first.state(), LockState::kReleased);
  EXPECT_EQ(first.remaining(), std::chrono::nanoseconds{0});
}

TEST_P(LockContract, LetsOnlyOneOfManyInAtATime) {
  if (!is_exclusive()) return;
  std::atomic<int> inside{0};
  std::atomic<int> overlaps{0};
  std::atomic<std::int64_t> last_token{0};
  std::vector<std::jthread> contenders;
  for (int i = 0; i < 4; ++i) {
    contenders.emplace_back([&] {
      OneInstanceLock lock{
          client(),
          {.ttl = std::chrono::seconds{10}, .at_deadline = LockOptions::AtDeadline::kTell}};
      for (int round = 0; round < 5; ++round) {
        const LockResult result = lock.acquire(std::chrono::seconds{60});
        if (!result) {
          ADD_FAILURE() << result.problem;
          return;
        }
        if (inside.fetch_add(1) != 0) ++overlaps;
        if (last_token.exchange(result.token) >= result.token) ++overlaps;
        std::this_thread::yield();
        inside.fetch_sub(1);
        lock.release();
      }
    });
  }
  contenders.clear();
  EXPECT_EQ(overlaps, 0);
}

TEST_P(LockContract, IsFreedByForceAndTheHolderHearsOfIt) {
  if (!client()->traits().has_lease) return;
  OneInstanceLock first{
      client(), {.ttl = std::chrono::seconds{10}, .at_deadline = LockOptions::AtDeadline::kTell}};
  const LockResult won = first.try_acquire();
  ASSERT_TRUE(won);
  const auto administrator = client();
  administrator->force_release("a test");
  EXPECT_FALSE(administrator->read().owner);
  EXPECT_FALSE(first.check());
  EXPECT_EQ(first.state(), LockState::kLost);
  EXPECT_TRUE(first.stop_token().stop_requested());
  const LockRequest asked = request();
  LockAttempt next;
  // Some keep a lock that was lost from others for a while.
  const auto until = std::chrono::steady_clock::now() + GetParam().longest_takeover;
  do {
    next = administrator->acquire(asked);
    if (!next.is_acquired) administrator->wait(std::chrono::milliseconds{100});
  } while (!next.is_acquired && std::chrono::steady_clock::now() < until);
  ASSERT_TRUE(next.is_acquired);
  EXPECT_GT(next.token, won.token);
  EXPECT_TRUE(administrator->release(hold(asked, next)));
}

// 10,000 holdings with STINT_FULL=1 in the environment.
TEST_P(LockContract, LeaksNothingOverManyHoldings) {
  const auto descriptors = [] {
    const std::filesystem::directory_iterator open{"/proc/self/fd"};
    return std::distance(begin(open), end(open));
  };
  const auto resident_kilobytes = [] {
    std::ifstream file{"/proc/self/status"};
    for (std::string line; std::getline(file, line);) {
      if (line.starts_with("VmRSS:")) return std::stol(line.substr(6));
    }
    return 0L;
  };
  OneInstanceLock lock{
      client(), {.ttl = std::chrono::seconds{10}, .at_deadline = LockOptions::AtDeadline::kTell}};
  const auto hold_often = [&](int times) {
    for (int i = 0; i < times; ++i) {
      const LockResult won = lock.acquire(std::chrono::seconds{60});
      ASSERT_TRUE(won) << won.problem;
      lock.release();
    }
  };
  constexpr int kToBegin = 20;
  constexpr int kSome = 50;
  constexpr int kMany = 10'000;
  constexpr long kMostKilobytes = 5 * 1024;
  hold_often(kToBegin);
  const auto descriptors_before = descriptors();
  const long kilobytes_before = resident_kilobytes();
  hold_often(std::getenv("STINT_FULL") == nullptr ? kSome : kMany);
  EXPECT_LE(descriptors(), descriptors_before);
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_LOG_(INFO) << "a sanitizer keeps what was freed: its own search for leaks counts";
  return;
#endif
  EXPECT_LT(resident_kilobytes(), kilobytes_before + kMostKilobytes);
}

TEST_P(LockContract, TakesAnyNameOfAnOwner) {
  const auto holder = client();
  LockRequest asked = request();
  asked.owner.host = "a \"quoted\" 'name' \\ with \n lines, \xC3\xA9 and {braces}";
  asked.owner.task = "'); drop table x; --";
  const LockAttempt won = holder->acquire(asked);
  ASSERT_TRUE(won.is_acquired);
  const LockRecord record = holder->read();
  ASSERT_TRUE(record.owner);
  EXPECT_EQ(record.owner->host, asked.owner.host);
  EXPECT_EQ(record.owner->task, asked.owner.task);
  EXPECT_TRUE(holder->release(hold(asked, won)));
}

}  // namespace stint::contract
