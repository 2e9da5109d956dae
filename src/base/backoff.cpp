#include "base/backoff.hpp"
#include <algorithm>
#include <cmath>
#include <limits>

namespace stint {

std::chrono::nanoseconds backoff_pause(const BackoffOptions& options, int failures, double draw) {
  // In doubles, where growth saturates at infinity in place of overflowing.
  const auto first = static_cast<double>(options.first.count());
  const auto longest = static_cast<double>(options.longest.count());
  const double grown = first * std::pow(options.factor, std::max(failures, 1) - 1);
  const double jittered = std::min(grown, longest) * (1 + options.jitter * draw);
  const double pause = std::clamp(jittered, 0.0, longest);
  // A double just below 2^63 rounds up to it, which no int64 holds.
  if (pause >= static_cast<double>(std::numeric_limits<std::int64_t>::max())) {
    return options.longest;
  }
  return std::chrono::nanoseconds{static_cast<std::int64_t>(pause)};
}

Backoff::Backoff(const BackoffOptions& options) : Backoff(options, std::random_device{}()) {}

Backoff::Backoff(const BackoffOptions& options, std::uint64_t seed)
    : options_(options), random_(static_cast<std::minstd_rand::result_type>(seed)) {}

std::chrono::nanoseconds Backoff::next() {
  if (failures_ < std::numeric_limits<int>::max()) ++failures_;
  return backoff_pause(options_, failures_,
                       std::uniform_real_distribution<double>{-1.0, 1.0}(random_));
}

}  // namespace stint
