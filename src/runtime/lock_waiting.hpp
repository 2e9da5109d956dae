/// What a contender remembers between two tries for a lock.
#pragma once
#include <chrono>
#include <optional>
#include "core/lease_times.hpp"
#include "stint/lock_backend.hpp"

namespace stint {

/// Decide how long to wait for news of a lock and when an ended lease may be taken over. Pure; not
/// thread-safe.
class LockWaiting final {
 public:
  using Time = std::chrono::nanoseconds;

  /// The contender's own times: a holder's are most likely the same.
  explicit LockWaiting(const LeaseTimes& times);

  /// What a request that is sent at `now` may compare with: seen unchanged for the whole delay, and
  /// for so long that a holder who lives would have renewed it, whatever a server's clock says.
  std::optional<LockMark> observed(Time now) const;
  /// Take in an answer that came at `now`: somebody else has it.
  void see(const LockAttempt& busy, Time now);
  /// How long to wait for news, seen from `now`.
  Time longest_wait(Time now) const;
  /// How long to pause before the next try in any case: 0 unless the last ones told nothing new
  /// though something had woken us.
  Time pause() const;

 private:
  Time longest_wait_;
  Time observe_for_;
  std::optional<LockMark> mark_;
  Time first_seen_at_{0};
  Time last_seen_at_{0};
  Time retry_in_{0};
  int unchanged_ = 0;
};

}  // namespace stint
