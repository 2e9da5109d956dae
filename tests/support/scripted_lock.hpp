/// A lock's server in memory that answers, fails and is slow as a test says.
#pragma once
#include <array>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include "stint/lock_backend.hpp"

namespace stint::test {

/// One lock, without leases: it is freed by its release alone, or by the test. Thread-safe.
class ScriptedLock final : public std::enable_shared_from_this<ScriptedLock> {
 public:
  enum class Call : std::uint8_t { kAcquire, kRenew, kRelease, kRead, kWait };
  enum class Answer : std::uint8_t {
    kGood,
    kRefused,      ///< of a renewal or release: not yours
    kUnavailable,  ///< throws; nothing was done
    kDoneUnheard,  ///< throws, outcome unknown: it was done
    kNotDone,      ///< throws, outcome unknown: it was not done
    kStrange,      ///< throws what is no Error
    kAtOnce,       ///< of a wait: returns without cause
  };

  static std::shared_ptr<ScriptedLock> make(LockTraits traits = {.name = "scripted"});
  explicit ScriptedLock(LockTraits traits) : traits_(std::move(traits)) {}

  std::unique_ptr<LockBackend> client();

  /// The next calls are answered so, one after the other; later ones well, or as `always` says.
  void next(Call call, std::deque<Answer> answers);
  void always(Call call, Answer answer);
  /// Hold such calls up; `let_go` lets those go that are held up, and later ones.
  void hold_up(Call call);
  void let_go(Call call);
  /// How many are held up now, and how many have begun.
  int held_up(Call call) const;
  int count(Call call) const;

  /// Give the lock to somebody, or to nobody, and tell who waits if `tells`.
  void give_to(std::optional<std::string> owner_id, bool tells = true);
  /// Tell who waits, though all is as it was.
  void change_nothing();
  LockRecord record() const;

 private:
  class Client;
  struct Script {
    std::deque<Answer> next = {};
    Answer always = Answer::kGood;
    bool is_held_up = false;
    int held_up = 0;
    int count = 0;
  };

  Script& script(Call call) { return scripts_.at(static_cast<std::size_t>(call)); }
  const Script& script(Call call) const { return scripts_.at(static_cast<std::size_t>(call)); }
  /// Begin a call: wait while it is held up, and say how it is to be answered.
  Answer begin(Call call, std::unique_lock<std::mutex>& lock);
  void change();

  const LockTraits traits_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::array<Script, 5> scripts_;
  LockRecord record_;
  std::uint64_t changes_ = 0;
};

}  // namespace stint::test
