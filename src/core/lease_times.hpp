/// The times of a lease, all of them following from its ttl, and whether they leave room.
#pragma once
#include <chrono>
#include <optional>
#include <string>

namespace stint {

/// Reckoned from the moment before the last successful request was sent. For a ttl of 30 s: a
/// renewal every 10 s, the work is asked to stop after 21.9 s without one, and killed after 29.4 s.
struct LeaseTimes {
  std::chrono::nanoseconds ttl{};
  std::chrono::nanoseconds lock_delay{};
  std::chrono::nanoseconds renew_every{};  ///< ttl / 3, give or take a tenth
  std::chrono::nanoseconds timeout{};      ///< of one request
  std::chrono::nanoseconds skew{};         ///< for clocks that run at different speeds
  std::chrono::nanoseconds grace{};        ///< between the request to stop and the kill

  std::chrono::nanoseconds kill_after() const { return ttl - skew; }
  std::chrono::nanoseconds stop_after() const { return kill_after() - grace; }
  /// A holder that lives has renewed by then, one renewal that timed out included.
  std::chrono::nanoseconds longest_without_renewal() const {
    return renew_every * 6 / 5 + 2 * timeout;
  }
  /// How long a lock stays with a holder that has died: ttl and lock_delay.
  std::chrono::nanoseconds taken_over_after() const { return ttl + lock_delay; }
};

/// Derive the times. `lock_delay` and `timeout` replace what would follow from `ttl`.
LeaseTimes lease_times(std::chrono::nanoseconds ttl,
                       std::optional<std::chrono::nanoseconds> lock_delay = {},
                       std::optional<std::chrono::nanoseconds> timeout = {});

/// Say what is wrong with the times: there must be room for one renewal that times out and another
/// before the work has to stop. Empty: nothing. The text gives the smallest ttl that works.
std::string lease_problem(const LeaseTimes& times);

}  // namespace stint
