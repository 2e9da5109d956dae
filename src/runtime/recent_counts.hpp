/// What a worker did within the last minute, for its beats.
#pragma once
#include <chrono>
#include <cstdint>
#include <deque>
#include "core/worker_counts.hpp"
#include "runtime/worker_metrics.hpp"

namespace stint {

/// Remember what the metrics were at earlier beats. Not thread-safe.
class RecentCounts final {
 public:
  /// `now`: on the boot clock, when the worker starts.
  RecentCounts(const WorkerMetrics& metrics, std::chrono::nanoseconds now);

  /// Return what happened since a minute ago, or since the start; up to a beat longer.
  WorkerCounts take(std::chrono::nanoseconds now);

 private:
  struct Reading {
    std::chrono::nanoseconds at;
    std::int64_t claimed;
    std::int64_t ended;
    std::int64_t failed;
    std::int64_t fenced;
    HistogramSnapshot wait;
    HistogramSnapshot run;
  };

  Reading read(std::chrono::nanoseconds now) const;

  const WorkerMetrics& metrics_;
  std::deque<Reading> readings_;  // oldest first, never empty; all but one younger than a minute
};

}  // namespace stint
