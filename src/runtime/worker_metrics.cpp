#include "runtime/worker_metrics.hpp"
#include <algorithm>
#include <iterator>

namespace stint {
namespace {

using std::chrono::nanoseconds;

AttemptEnd end_of(const Completion& completion) {
  if (!completion.started) return AttemptEnd::kNotBegun;
  switch (completion.outcome) {
    case Outcome::kDone:
      return AttemptEnd::kDone;
    case Outcome::kFailed:
      return AttemptEnd::kFailed;
    case Outcome::kRejected:
      return AttemptEnd::kRejected;
    case Outcome::kSnoozed:
      return AttemptEnd::kSnoozed;
    case Outcome::kInterrupted:
      return AttemptEnd::kInterrupted;
    case Outcome::kAborted:
      return AttemptEnd::kAborted;
    case Outcome::kCrashed:
      return AttemptEnd::kCrashed;
  }
  return AttemptEnd::kFailed;
}

}  // namespace

void Histogram::observe(nanoseconds duration) {
  duration = std::max(duration, nanoseconds{0});
  const auto index = std::distance(HistogramSnapshot::kBounds.begin(),
                                   std::ranges::lower_bound(HistogramSnapshot::kBounds, duration));
  buckets_[static_cast<std::size_t>(index)].fetch_add(1, std::memory_order_relaxed);
  sum_.fetch_add(duration.count(), std::memory_order_relaxed);
}

HistogramSnapshot Histogram::snapshot() const {
  HistogramSnapshot result;
  result.sum = nanoseconds{sum_.load(std::memory_order_relaxed)};
  for (std::size_t i = 0; i < buckets_.size(); ++i) {
    result.buckets[i] = buckets_[i].load(std::memory_order_relaxed);
  }
  return result;
}

void WorkerMetrics::count_end(const Completion& completion) {
  ended_[static_cast<std::size_t>(end_of(completion))].add();
}

}  // namespace stint
