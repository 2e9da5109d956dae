/// Processes that contend for one lock: started, halted, killed, replaced and watched.
#pragma once
#include <chrono>
#include <csignal>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>
#include "support/child.hpp"
#include "support/eventually.hpp"
#include "support/lock_journal.hpp"
#include "support/temporary_folder.hpp"

namespace stint::test {

/// Keep a number of seats, each with a process of tests/programs/lock_contender.cpp in it; one that
/// has ended is replaced, as a supervisor would. Not thread-safe.
class LockContenders final {
 public:
  struct Options {
    int count = 3;
    std::chrono::milliseconds ttl = std::chrono::seconds{1};
    std::chrono::milliseconds lock_delay = std::chrono::milliseconds{300};
    std::chrono::milliseconds longest_hold{0};  ///< 0: until the lock is lost
    /// TOML: how the contender of this seat gets the lock.
    std::function<std::string(int seat)> settings;
    /// Added to its environment.
    std::function<std::map<std::string, std::string>(int seat)> environment = {};
    std::uint64_t seed = 1;
  };

  explicit LockContenders(const Options& options);

  /// Wait for a condition while the contenders are tended: those that have ended are replaced. A
  /// test failure if one has ended by a fault of its own.
  template <typename Condition>
  [[nodiscard]] bool eventually(Condition&& condition,
                                std::chrono::milliseconds limit = std::chrono::seconds{30}) {
    return test::eventually(
        [&] {
          tend();
          return condition();
        },
        limit);
  }
  /// Let time pass.
  void go_on_for(std::chrono::milliseconds time) {
    [[maybe_unused]] const bool never = eventually([] { return false; }, time);
  }

  /// The seat of whoever got the lock last and still has it, as far as the journal knows, and has
  /// had an effect.
  std::optional<int> holder() const;
  pid_t pid(int seat) const { return seats_.at(static_cast<std::size_t>(seat))->pid(); }
  /// How often the lock was got so far.
  int holdings() const { return holdings_; }

  void pause(int seat);
  void resume(int seat);
  void kill(int seat);
  /// Note that a process is taken away as a holder: another must come within `limit`.
  void note_taken(pid_t pid, std::chrono::nanoseconds limit);
  /// Have all end in good order; their ends are noted.
  void stop();

  /// All that has happened so far.
  const std::vector<LockEvent>& events() const { return events_; }
  /// What they have logged, its end.
  std::string log() const;

 private:
  void tend();
  void start(int seat);
  void read();
  void note_end(int seat);

  const Options options_;
  TemporaryFolder folder_;
  LockJournalWriter writer_;
  LockJournalReader reader_;
  std::vector<std::optional<Child>> seats_;
  std::vector<LockEvent> events_;
  std::optional<pid_t> holder_;
  bool has_effect_ = false;
  int holdings_ = 0;
  int started_ = 0;
};

}  // namespace stint::test
