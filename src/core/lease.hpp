/// The life of one holding of a lock: pure, fed with what happened and when.
#pragma once
#include <chrono>
#include <cstdint>
#include <optional>
#include "core/lease_times.hpp"
#include "stint/one_instance_lock.hpp"

namespace stint {

/// Know until when the work may go on, and say what is due. Every time is on CLOCK_BOOTTIME. Not
/// thread-safe: one mutex guards it and whoever acts on what it says.
///
///     waiting -> held <-> at risk -> lost
///                  |         '-----> released
///                  '---------------> released | lost
class Lease final {
 public:
  using Time = std::chrono::nanoseconds;

  struct Options {
    LeaseTimes times;
    bool has_lease = true;  ///< false: it lasts until it is released or lost
    Time retry_wait = std::chrono::milliseconds{50};  ///< after a failure; doubles up to 2 s
    std::optional<Time> stall_timeout = {};
  };

  /// What has to be done now. `stop` and `kill` are said once in a holding.
  struct Due {
    bool renew = false;
    bool stop = false;  ///< ask the work to end
    bool kill = false;  ///< end it: from now on the lock counts as lost
  };

  explicit Lease(Options options);

  LockState state() const { return state_; }
  bool is_held() const { return state_ == LockState::kHeld || state_ == LockState::kAtRisk; }
  std::int64_t token() const { return token_; }
  bool has_asked_to_stop() const { return stop_said_; }

  void wait();                                     ///< it is asked for, if it is not held
  void give_up_waiting();                          ///< it is asked for no more
  void acquire(std::int64_t token, Time sent_at);  ///< the request was sent at `sent_at`
  void renew(Time sent_at);                        ///< the server has extended it
  void fail_to_renew(Time now);                    ///< the server did not answer
  void extend(Time now);                           ///< the work shows that it goes on
  void rest();                                     ///< there is no work until the next `extend`
  /// The server says that it is not ours, or its end is known otherwise. The work has to die now.
  void lose();
  void release();

  /// Say what is due, and change the state by the passing of time.
  Due look(Time now);
  /// When to look again; nothing while nothing can become due.
  std::optional<Time> next_look() const;
  /// Begin a renewal: none other is due until it has succeeded or failed.
  void begin_renewal() { is_renewing_ = true; }

  /// When the work has to be dead; nothing without a lease and a stall timeout.
  std::optional<Time> kill_at() const;
  /// From `now` to then, never negative; the largest value if that never comes; 0 if not held.
  Time remaining(Time now) const;

 private:
  std::optional<Time> stop_at() const;
  bool can_renew() const;
  Time pause();

  const Options options_;
  LockState state_ = LockState::kReleased;
  std::int64_t token_ = 0;
  Time renewed_at_{0};               // when the last request that succeeded was sent
  std::optional<Time> extended_at_;  // nothing: no work is on
  Time renew_at_{0};
  int failures_ = 0;
  bool is_renewing_ = false;
  bool stop_said_ = false;
  std::uint64_t renewals_ = 0;
};

}  // namespace stint
