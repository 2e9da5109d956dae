// Clocks that are set, and clocks that run at another speed, of one client of a lock and of its
// server: a live holder keeps its lock and renews it in time, and nobody else gets it. Full size:
// STINT_FULL=1.
#include <algorithm>
#include <map>
#include <string>
#include <vector>
#include "support/fake_clock.hpp"
#include "support/lock_fault.hpp"
#include "support/temporary_folder.hpp"

namespace stint::test {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;
using Kind = LockEvent::Kind;

/// Renewals come after a third of the ttl, give or take a tenth; this much later at most.
constexpr seconds kMostLate{2};

class LockClock : public LockFault {
 protected:
  /// Contenders whose clocks can be set, each apart.
  void start_with_clocks() {
    LockContenders::Options options = contenders();
    for (int seat = 0; seat < options.count; ++seat) {
      clocks_.emplace_back(folder_.path() / std::to_string(seat));
    }
    options.environment = [this](int seat) {
      return clocks_.at(static_cast<std::size_t>(seat)).environment();
    };
    start(options);
  }

  /// Let the holder live for a lease or two, and see that it is still the one.
  void expect_kept(int seat, pid_t pid) {
    contenders_->go_on_for((is_full_size() ? 2 : 1) * options_.ttl);
    EXPECT_EQ(contenders_->holder(), seat) << "a live holder keeps its lock\n"
                                           << contenders_->log();
    EXPECT_EQ(contenders_->pid(seat), pid);
  }

  void replace_holder(int seat) {
    const pid_t pid = contenders_->pid(seat);
    contenders_->kill(seat);
    contenders_->note_taken(pid, longest_takeover());
    wait_for_other_holder(pid);
  }

  /// The longest time from one renewal to the next. (News, as of a connection that was made, bring
  /// renewals at any time.)
  nanoseconds longest_without_renewal() const {
    std::map<pid_t, nanoseconds> last;
    nanoseconds longest{0};
    for (const LockEvent& event : contenders_->events()) {
      if (event.kind == Kind::kHolds) last.erase(event.pid);
      if (event.kind != Kind::kRenewed) continue;
      const auto [before, is_first] = last.try_emplace(event.pid, event.at);
      if (!is_first) longest = std::max(longest, event.at - before->second);
      before->second = event.at;
    }
    return longest;
  }

  TemporaryFolder folder_;
  std::vector<FakeClock> clocks_;
};

class LockClockStep : public LockClock {
 protected:
  void step(bool of_server) {
    if (!make_place({.has_fake_clock = of_server})) return;
    of_server ? start(contenders()) : start_with_clocks();
    const int rounds = is_full_size() ? 5 : 1;
    for (int round = 0; round < rounds && !HasFailure(); ++round) {
      for (const hours step : {hours{1}, hours{-30 * 24}, hours{30 * 24}, hours{-1}}) {
        const int seat = wait_for_holder();
        if (seat < 0) return;
        const pid_t pid = contenders_->pid(seat);
        if (of_server) {
          server_->set_clock(step);
        } else {
          clocks_.at(static_cast<std::size_t>(seat)).set_ahead(step);
        }
        expect_kept(seat, pid);
        if (HasFailure()) break;
      }
      const int seat = wait_for_holder();
      if (seat < 0) return;
      replace_holder(seat);
    }
    const nanoseconds longest = longest_without_renewal();
    EXPECT_LE(longest, options_.ttl / 3 * 11 / 10 + kMostLate);
    finish("clock of the " + std::string{of_server ? "server" : "holder"} + " set " +
           std::to_string(4 * rounds) + " times, " + std::to_string(longest.count() / 1'000'000) +
           " ms without a renewal at most");
  }
};

class LockClientClockStep : public LockClockStep {};
STINT_ON_LOCKS(LockClientClockStep, "flock", "sqlite", kAtFullSize, "postgresql", "redis", "valkey",
               "consul");
TEST_P(LockClientClockStep, OfTheHolderChangesNothing) { step(false); }

class LockServerClockStep : public LockClockStep {};
STINT_ON_LOCKS(LockServerClockStep, "redis", kAtFullSize, "postgresql", "valkey");
TEST_P(LockServerClockStep, TakesTheLockFromNoLiveHolder) { step(true); }

/// The clock of the holder, of the others or of the server runs at another speed by a tenth.
class LockClockRate : public LockClock {};
STINT_ON_LOCKS(LockClockRate, "redis", kAtFullSize, "postgresql", "valkey", "consul");

TEST_P(LockClockRate, LetsNoTwoInThoughClocksDiffer) {
  const bool has_clock = GetParam() != "consul";
  if (!make_place({.has_fake_clock = has_clock})) return;
  if (has_clock) server_->run_faster(100'000);
  LockContenders::Options options = contenders();
  for (const std::int64_t rate : {-100'000, 100'000, 0}) {
    clocks_.emplace_back(folder_.path() / std::to_string(clocks_.size()));
    clocks_.back().run_faster(rate);
  }
  options.environment = [this](int seat) {
    return clocks_.at(static_cast<std::size_t>(seat)).environment();
  };
  make_proxies(options.count);
  start(options);
  const int cycles = is_full_size() ? 20 : 1;
  for (int cycle = 0; cycle < cycles && !HasFailure(); ++cycle) {
    const int seat = wait_for_holder();
    if (seat < 0) return;
    const pid_t pid = contenders_->pid(seat);
    expect_kept(seat, pid);
    // Cut off, it ends by its own clock, and the next one comes by another.
    CuttingProxy& proxy = *proxies_[static_cast<std::size_t>(seat)];
    proxy.swallow_new(true);
    proxy.half_open_all(Swallow::kBoth);
    contenders_->note_taken(pid, longest_takeover());
    wait_for_other_holder(pid);
    proxy.heal();
  }
  finish("clocks a tenth too fast and too slow, cut off " + std::to_string(cycles) + " times",
         true);
}

}  // namespace
}  // namespace stint::test
