/// A lock that at most one process holds, across machines and datacenters.
#pragma once
#include <chrono>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include "stint/lock_backend.hpp"
#include "stint/module_definition.hpp"
#include "stint/settings.hpp"

namespace stint {

enum class LockState : std::uint8_t {
  kReleased,  ///< not held, and not asked for
  kWaiting,   ///< another one has it, or the server does not answer
  kHeld,
  kAtRisk,  ///< held, but the last renewal failed
  kLost,    ///< no longer held, though it was not released
};

std::string_view to_string(LockState state);

/// What became of an attempt to get the lock.
struct LockResult {
  enum class Outcome : std::uint8_t {
    kAcquired,
    kBusy,         ///< somebody else has it
    kUnavailable,  ///< the server did not answer: nobody knows
  };
  Outcome outcome = Outcome::kUnavailable;
  std::int64_t token = 0;    ///< if acquired
  LockRecord holder = {};    ///< if busy
  std::string problem = {};  ///< if unavailable: the error's text
  explicit operator bool() const { return outcome == Outcome::kAcquired; }
};

/// Choose the times of a lock; what is not given follows from `ttl` (see docs/one-instance.md).
struct LockOptions {
  /// A holder that was silent for so long has lost the lock. From 1 s to 1 day; in settings 10 s at
  /// least.
  std::chrono::nanoseconds ttl = std::chrono::seconds{30};
  /// How much longer others wait then. Default: ttl / 3 + 2 s.
  std::optional<std::chrono::nanoseconds> lock_delay = {};
  /// The limit of one request. Default: ttl / 10, at most 2 s.
  std::optional<std::chrono::nanoseconds> timeout = {};
  /// The first pause after a request that failed; it doubles up to 2 s.
  std::chrono::nanoseconds retry_wait = std::chrono::milliseconds{50};
  /// How often giving it back is tried while the server does not answer. Renewals are tried until
  /// the lease must be given up, and `acquire` for as long as it may wait.
  int retry_max_attempts = 10;
  /// Give the lock up if `extend` was not called for so long. Default: never.
  std::optional<std::chrono::nanoseconds> stall_timeout = {};
  std::string task = {};  ///< for the owner's record
  /// What to do when the lease is about to pass and the work has not ended.
  enum class AtDeadline : std::uint8_t {
    kEndProcess,  ///< end this process at once, exit code 5: nothing of it may go on
    /// Call `on_deadline_passed`. True: nothing goes on, and the lock may be given back. False:
    /// something does, and the lock stays until its lease has run out.
    kTell,
  };
  AtDeadline at_deadline = AtDeadline::kEndProcess;
  /// Called by the lock's own thread, all three; they must be quick and must not call the lock.
  std::function<bool()> on_deadline_passed = {};
  /// After each change of the state.
  std::function<void(LockState)> on_state = {};
  /// After each success: when the work must be dead, on CLOCK_BOOTTIME.
  std::function<void(std::chrono::nanoseconds kill_at)> on_kill_at = {};
};

/// Hold a lock, renew it on a thread of its own, and end what it protects before it can pass to
/// another. Deadlines are reckoned on CLOCK_BOOTTIME from before each request was sent. Movable;
/// members are thread-safe, but one thread at a time acquires and releases.
///
///     stint::OneInstanceLock lock = stint::OneInstanceLock::open(settings, "billing.close");
///     if (!lock.acquire(1min)) return;
///     close_the_books(lock.token(), lock.stop_token());
class OneInstanceLock final {
 public:
  /// Make the lock that `[one_instance]` describes. Throws ConfigurationError with every problem of
  /// its settings; does not speak to the server yet.
  static OneInstanceLock open(const Settings& settings, std::string_view task,
                              std::initializer_list<ModuleDefinition> modules = {});

  /// Throws Error kConfiguration for times that leave no room for renewals; the message gives the
  /// smallest ttl that works.
  explicit OneInstanceLock(std::unique_ptr<LockBackend> backend, LockOptions options = {});
  ~OneInstanceLock();  ///< releases what is held, and waits no longer than a request may take
  OneInstanceLock(OneInstanceLock&&) noexcept;
  OneInstanceLock& operator=(OneInstanceLock&&) noexcept;

  /// Try once. Throws Error kConfiguration as the backend does; kUsage if it is held already.
  LockResult try_acquire();
  /// Wait for it, woken by its release, until `timeout` has passed or a stop is asked for. Servers
  /// that do not answer are asked again with growing pauses.
  LockResult acquire(std::chrono::nanoseconds timeout, std::stop_token stop = {});
  /// Give it back. Throws Error kNotOwner if it is not held, kLost if it was lost before,
  /// kUnavailable if the server did not answer: then the lease runs out by itself.
  void release();

  LockState state() const;
  /// The fencing token of the present holding, or of the last one; 0 before the first.
  std::int64_t token() const;
  /// How long the work may still go on without a renewal; zero if the lock is not held, the largest
  /// value for a lock without a lease. Ask before anything that cannot be undone.
  std::chrono::nanoseconds remaining() const;
  /// Ask the server whether it is still ours: a round trip. Throws Error kUnavailable.
  bool check();
  /// What the server knows; if it does not answer, what it said last. Throws Error kUnavailable if
  /// it never did.
  LockRecord owner();
  /// Asks for a stop when the work must begin to end: the lease is at risk for too long, lost, or
  /// `extend` was not called in time. Of the present holding.
  std::stop_token stop_token() const;
  /// Tell a `stall_timeout` that the work goes on.
  void extend();
  /// Tell it that no work is on until the next `extend`: it is held and nothing can stall.
  void rest();
  LockTraits traits() const;
  /// See LockBackend::inherited_descriptor.
  int inherited_descriptor();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace stint
