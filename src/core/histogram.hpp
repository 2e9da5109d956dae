/// How long many things took, by buckets.
#pragma once
#include <array>
#include <chrono>
#include <cstdint>
#include <optional>

namespace stint {

/// How many durations fell into each bucket.
struct HistogramSnapshot {
  /// The upper ends of the buckets, inclusive; one more bucket takes what is longer than the last.
  static constexpr std::array<std::chrono::microseconds, 19> kBounds = [] {
    using std::chrono::microseconds;
    using namespace std::chrono_literals;
    return std::array<microseconds, 19>{100us, 250us, 500us, 1ms,   2500us, 5ms, 10ms,
                                        25ms,  50ms,  100ms, 250ms, 500ms,  1s,  2500ms,
                                        5s,    10s,   60s,   600s,  3600s};
  }();

  std::array<std::int64_t, kBounds.size() + 1> buckets = {};  ///< each by itself, not cumulative
  std::chrono::nanoseconds sum{0};

  std::int64_t count() const;
  /// The duration that a share of all does not exceed, 0 < share <= 1: the upper end of its bucket,
  /// brought nearer by its place within the bucket. Nothing if nothing was observed.
  std::optional<std::chrono::nanoseconds> quantile(double share) const;

  HistogramSnapshot& operator+=(const HistogramSnapshot& other);
  /// `other` must have been taken before, of the same histogram.
  HistogramSnapshot& operator-=(const HistogramSnapshot& other);
};

}  // namespace stint
