/// The role of whoever keeps one-instance locks: Consul, Redis, a database, a file, or your own.
#pragma once
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include "stint/json.hpp"
#include "stint/settings.hpp"

namespace stint {

/// State for which task a backend is made, and where its settings stand.
struct BackendOptions {
  Settings settings;
  std::string table = {};  ///< "one_instance.consul"
  std::string task = {};   ///< "example.oneinstance"
  /// The name of the lock or stamp: the setting `key` with `{task}` replaced; by default
  /// "stint/<task>".
  std::string key = {};
  /// The limit of one request.
  std::chrono::nanoseconds timeout = std::chrono::seconds{1};

  /// Return the backend's own setting: `get<std::string>("host")` reads "one_instance.consul.host".
  template <typename T>
  T get(std::string_view name) const {
    return settings.get<T>(table + "." + std::string{name});
  }
  template <typename T>
  std::optional<T> find(std::string_view name) const {
    return settings.find<T>(table + "." + std::string{name});
  }
};

/// Tell people who holds a lock. Neither arguments nor environment of a process are in it. All
/// members may be empty: other programs on the same key write less.
struct LockOwner {
  std::string id = {};  ///< a UUID of this one acquisition
  std::string host = {};
  std::string fqdn = {};
  std::int64_t pid = 0;
  std::string boot_id = {};  ///< of the kernel that runs there
  std::string task = {};
  std::string version = {};
  std::string datacenter = {};
  std::string acquired_at =
      {};  ///< RFC 3339, UTC, by the holder's clock: to be read, not reckoned with
};

/// With jobslib's fields fqdn, timestamp, time_utc and time_local too, so that its runners on the
/// same key can name us.
void to_json(json& to, const LockOwner& owner);
/// Take what is there; never throws for a member that is missing or of another type.
void from_json(const json& from, LockOwner& owner);

/// Fill in everything about this process; `id` is new.
LockOwner this_process_as_owner(std::string_view task);

/// What the server knows of a lock.
struct LockRecord {
  std::optional<LockOwner> owner = {};  ///< nothing: the lock is free
  std::int64_t token = 0;     ///< of the holder, or else of the last one; 0: none is known
  std::int64_t sequence = 0;  ///< changes with each renewal, where the server counts them
  /// Until the lease has passed by the server's clock, negative once it has; nothing where the
  /// server does not tell or the lock has no lease.
  std::optional<std::chrono::nanoseconds> expires_in = {};
};

/// What a contender has seen of a lock.
struct LockMark {
  std::int64_t token = 0;
  std::int64_t sequence = 0;
  friend bool operator==(const LockMark&, const LockMark&) = default;
};

/// Ask for a lock.
struct LockRequest {
  LockOwner owner;  ///< its `id` is how the lock is released and read back
  std::chrono::nanoseconds ttl{};
  /// How long after the end of a lease nobody may have the lock.
  std::chrono::nanoseconds lock_delay{};
  /// What this contender has seen unchanged for `lock_delay` at least: only then may a lease that
  /// has passed be taken over, by comparing with it.
  std::optional<LockMark> observed = {};
};

/// The answer.
struct LockAttempt {
  bool is_acquired = false;
  std::int64_t token = 0;  ///< if acquired; larger than every earlier one of this lock
  LockRecord holder = {};  ///< else who is in the way
  /// Else: try again after this time even if nothing was heard. Zero: nothing is known.
  std::chrono::nanoseconds retry_in{0};
};

/// Name what is held.
struct LockHold {
  std::string owner_id;
  std::int64_t token = 0;
  std::chrono::nanoseconds ttl{};
};

/// What a kind of lock promises.
struct LockTraits {
  std::string name = {};     ///< "consul"
  bool is_exclusive = true;  ///< false: it is always granted
  /// Whether a holder must renew it; else it is held until its process ends.
  bool has_lease = true;
  /// Whether taking over needs `LockRequest::observed`.
  bool is_observed = true;
  /// How exclusive it is, in a sentence.
  std::string promise = {};
};

/// Keep one lock. A call throws Error: kUnavailable if the server does not answer (`retryable`: it
/// may later; `outcome_unknown`: the call may have taken effect), kConfiguration if it refuses us
/// or the key is somebody else's. Every call but `wait` returns within about the timeout of its
/// options. `wait` and `interrupt` may be called while another thread is in any other member; the
/// others are called by one thread at a time.
class LockBackend {
 public:
  virtual ~LockBackend() = default;

  virtual LockTraits traits() const = 0;

  /// Try once.
  virtual LockAttempt acquire(const LockRequest& request) = 0;
  /// Extend the lease to `ttl` from now. False: the lock is not held by this owner and token.
  virtual bool renew(const LockHold& hold) = 0;
  /// Free the lock and wake who waits. False: it is not held by this owner and token, and nothing
  /// was written.
  virtual bool release(const LockHold& hold) = 0;
  /// Look, without changing anything.
  virtual LockRecord read() = 0;
  /// Free the lock whoever holds it, and have the next token be larger. An administrator's way out.
  virtual void force_release(std::string_view reason) = 0;

  /// Return once the record may have changed since the last `acquire` or `read` began, after
  /// `interrupt`, or when `timeout` has passed. May return without cause; throws as all do, soon.
  virtual void wait(std::chrono::nanoseconds timeout) = 0;
  /// Make the present or the next `wait` return.
  virtual void interrupt() noexcept = 0;

  /// A descriptor that what runs under the lock must inherit, so that the lock stays with it should
  /// its runner die; owned by this object, open as long as it. -1: there is no such thing.
  virtual int inherited_descriptor() { return -1; }
};

}  // namespace stint
