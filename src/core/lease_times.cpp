#include "core/lease_times.hpp"
#include <algorithm>
#include <fmt/format.h>
#include "base/duration.hpp"

namespace stint {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;

constexpr seconds kMostTimeout{2};
constexpr seconds kMostGrace{10};
constexpr milliseconds kLeastSkew{500};
constexpr nanoseconds kShortestTtl = seconds{1};
constexpr nanoseconds kLongestTtl = std::chrono::hours{24};

// From the last success: the next renewal may be late by a fifth, time out, and be tried again.
bool has_room(const LeaseTimes& times) {
  return times.stop_after() >= times.longest_without_renewal();
}

// Grows with the ttl, so that the smallest one is found by halving.
nanoseconds smallest_ttl(nanoseconds timeout) {
  nanoseconds low = kShortestTtl;
  nanoseconds high = kLongestTtl;
  while (high - low > milliseconds{100}) {
    const nanoseconds middle = low + (high - low) / 2;
    (has_room(lease_times(middle, {}, timeout)) ? high : low) = middle;
  }
  return std::chrono::ceil<seconds>(high);
}

// A third of something has many digits.
std::string shown(nanoseconds time) {
  return format_duration(std::chrono::floor<milliseconds>(time));
}

}  // namespace

LeaseTimes lease_times(nanoseconds ttl, std::optional<nanoseconds> lock_delay,
                       std::optional<nanoseconds> timeout) {
  LeaseTimes times;
  times.ttl = ttl;
  times.lock_delay = lock_delay.value_or(ttl / 3 + seconds{2});
  times.renew_every = ttl / 3;
  times.timeout = timeout.value_or(std::min<nanoseconds>(ttl / 10, kMostTimeout));
  // Below 10 s, which settings do not allow, half a second would be most of the lease.
  times.skew = std::max(std::min<nanoseconds>(kLeastSkew, ttl / 20), ttl / 50);
  times.grace = std::min<nanoseconds>(kMostGrace, ttl / 4);
  return times;
}

std::string lease_problem(const LeaseTimes& times) {
  if (times.ttl < kShortestTtl || times.ttl > kLongestTtl) {
    return fmt::format("a ttl of {} is out of range: choose from {} to {}",
                       format_duration(times.ttl), format_duration(kShortestTtl),
                       format_duration(kLongestTtl));
  }
  if (times.lock_delay < nanoseconds{0} || times.timeout <= nanoseconds{0}) {
    return "lock_delay must not be negative, and timeout must be larger than 0";
  }
  if (has_room(times)) return {};
  return fmt::format(
      "a ttl of {} is too short for renewals every {} that may take {}: the task would have to "
      "stop "
      "after {} without one, before a second try has ended; with this timeout a ttl of {} is the "
      "smallest that works",
      shown(times.ttl), shown(times.renew_every), shown(times.timeout), shown(times.stop_after()),
      shown(smallest_ttl(times.timeout)));
}

}  // namespace stint
