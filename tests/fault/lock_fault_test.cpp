// Holders of a lock that are halted, killed and cut off, and servers of locks that halt, crash and
// forget: no two may hold it, nothing stale may be taken, and another must come in time. Full size:
// STINT_FULL=1.
#include "support/lock_fault.hpp"
#include <random>
#include <string>
#include <vector>

namespace stint::test {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using Kind = LockEvent::Kind;

class LockPause : public LockFault {
 protected:
  /// Whether somebody takes over from a halted holder, and in time. One that is halted in the
  /// middle of a write keeps a file of SQLite from all others: then nobody can.
  bool has_successor(pid_t pid) {
    if (GetParam() == "sqlite") {
      const auto limit = std::chrono::ceil<milliseconds>(longest_takeover() + kForAnEffect);
      return contenders_->eventually([&] { return has_other_holder(pid); }, limit);
    }
    contenders_->note_taken(pid, longest_takeover());
    return wait_for_other_holder(pid);
  }

  static constexpr milliseconds kForAnEffect{500};
};
STINT_ON_LOCKS(LockPause, "flock", "sqlite", "redis", kAtFullSize, "postgresql", "valkey",
               "consul");

TEST_P(LockPause, OvertakesAHaltedHolderAndRefusesWhatItBrings) {
  if (!make_place()) return;
  start(contenders());
  const bool is_kernels = GetParam() == "flock";
  const int cycles = is_full_size() ? 100 : 1;
  int in_the_way = 0;
  for (int cycle = 0; cycle < cycles && !HasFailure(); ++cycle) {
    const int seat = wait_for_holder();
    if (seat < 0) return;
    const pid_t pid = contenders_->pid(seat);
    const nanoseconds paused_at = true_boot_now();
    const int holdings = contenders_->holdings();
    contenders_->pause(seat);
    const bool is_overtaken = !is_kernels && has_successor(pid);
    if (!is_kernels && !is_overtaken) ++in_the_way;
    EXPECT_TRUE(
        contenders_->eventually([&] { return true_boot_now() - paused_at >= 3 * options_.ttl; }));
    if (is_kernels) {
      EXPECT_EQ(contenders_->holdings(), holdings) << "a halted process keeps its lock";
    }
    contenders_->resume(seat);
    if (is_kernels) contenders_->kill(seat);
    EXPECT_TRUE(contenders_->eventually([&] { return contenders_->pid(seat) != pid; }))
        << "it has to end";
    wait_for_other_holder(pid);
  }
  finish("halted for 3 ttl " + std::to_string(cycles) + " times, " + std::to_string(in_the_way) +
         " of them in the middle of a write");
}

class LockCut : public LockFault {};
STINT_ON_LOCKS(LockCut, "postgresql", "redis", "consul", kAtFullSize, "valkey");

TEST_P(LockCut, EndsAHolderThatIsCutOffBeforeAnotherComes) {
  if (!make_place()) return;
  LockContenders::Options options = contenders();
  make_proxies(options.count);
  start(options);
  const int cycles = is_full_size() ? 50 : 1;
  for (int cycle = 0; cycle < cycles && !HasFailure(); ++cycle) {
    const int seat = wait_for_holder();
    if (seat < 0) return;
    const pid_t pid = contenders_->pid(seat);
    CuttingProxy& proxy = *proxies_[static_cast<std::size_t>(seat)];
    proxy.swallow_new(true);
    proxy.half_open_all(Swallow::kBoth);
    contenders_->note_taken(pid, longest_takeover());
    if (!wait_for_other_holder(pid)) return;
    EXPECT_NE(contenders_->pid(seat), pid) << "it has to be dead by then";
    proxy.heal();
  }
  finish("cut off without a word " + std::to_string(cycles) + " times");
}

class LockFlaps : public LockFault {};
STINT_ON_LOCKS(LockFlaps, "redis", "consul", kAtFullSize, "postgresql", "valkey");

TEST_P(LockFlaps, KeepsTheLockWithOneWhileRepliesAreLost) {
  if (!make_place()) return;
  LockContenders::Options options = contenders();
  options.longest_hold = options.ttl;
  make_proxies(options.count);
  start(options);
  std::mt19937_64 random{seed_};
  const auto draw = [&](std::int64_t from, std::int64_t to) {
    return std::uniform_int_distribution<std::int64_t>{from, to}(random);
  };
  const nanoseconds end =
      true_boot_now() + (is_full_size() ? std::chrono::seconds{30 * 60} : std::chrono::seconds{3});
  int flaps = 0;
  while (true_boot_now() < end && !HasFailure()) {
    CuttingProxy& proxy = *proxies_[static_cast<std::size_t>(draw(0, options.count - 1))];
    proxy.swallow_new_replies();
    proxy.half_open_all(Swallow::kReplies);
    ++flaps;
    contenders_->go_on_for(milliseconds{is_full_size() ? draw(1000, 30'000) : draw(200, 1500)});
    proxy.heal();
    contenders_->go_on_for(milliseconds{draw(0, 2 * options.ttl.count())});
  }
  const int before = contenders_->holdings();
  EXPECT_TRUE(contenders_->eventually([&] { return contenders_->holdings() > before; }))
      << contenders_->log();
  finish("replies lost " + std::to_string(flaps) + " times");
}

class LockServerFault : public LockFault {
 protected:
  /// Once the server is back somebody must come, with nobody's help.
  void wait_for_recovery() {
    const int before = contenders_->holdings();
    const nanoseconds began = true_boot_now();
    EXPECT_TRUE(contenders_->eventually([&] { return contenders_->holdings() > before; }))
        << contenders_->log();
    longest_ = std::max(longest_, true_boot_now() - began);
  }

  std::string recovery() const {
    return "; somebody held it again after " + std::to_string(longest_.count() / 1'000'000) +
           " ms at most";
  }

  nanoseconds longest_{0};
};
STINT_ON_LOCKS(LockServerFault, "redis", "consul", kAtFullSize, "postgresql", "valkey");

TEST_P(LockServerFault, OutlivesAHaltOfTheServer) {
  if (!make_place()) return;
  start(contenders());
  const int cycles = is_full_size() ? 20 : 1;
  for (int cycle = 0; cycle < cycles && !HasFailure(); ++cycle) {
    const int seat = wait_for_holder();
    if (seat < 0) return;
    const pid_t pid = contenders_->pid(seat);
    server_->pause();
    contenders_->go_on_for(options_.ttl * 5 / 2);
    EXPECT_NE(contenders_->pid(seat), pid) << "it could not renew its lease";
    server_->resume();
    wait_for_recovery();
  }
  finish("the server halted for 2.5 ttl " + std::to_string(cycles) + " times" + recovery());
}

class LockServerCrash : public LockServerFault {
 protected:
  void crash(bool is_lasting) {
    if (!make_place({.is_lasting = is_lasting})) return;
    LockContenders::Options options = contenders();
    options.longest_hold = milliseconds{300};
    start(options);
    std::mt19937_64 random{seed_};
    const int cycles = is_full_size() ? 50 : 2;
    for (int cycle = 0; cycle < cycles && !HasFailure(); ++cycle) {
      if (wait_for_holder() < 0) return;
      contenders_->go_on_for(milliseconds{std::uniform_int_distribution<int>{0, 400}(random)});
      server_->kill();
      contenders_->go_on_for(milliseconds{std::uniform_int_distribution<int>{0, 1000}(random)});
      server_->start();
      wait_for_recovery();
    }
    finish("the server killed " + std::to_string(cycles) + " times" + recovery());
  }
};
STINT_ON_LOCKS(LockServerCrash, "consul", kAtFullSize, "postgresql", "redis", "valkey");
TEST_P(LockServerCrash, LosesNeitherLockNorTokenOfAServerThatKeepsItsState) { crash(true); }

class LockServerLoss : public LockServerCrash {};
STINT_ON_LOCKS(LockServerLoss, "redis", kAtFullSize, "valkey");
TEST_P(LockServerLoss, LetsNoTwoInThoughTheServerForgetsAll) { crash(false); }

}  // namespace
}  // namespace stint::test
