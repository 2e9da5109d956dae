#include "runtime/recent_counts.hpp"
#include <algorithm>

namespace stint {
namespace {

using std::chrono::nanoseconds;

constexpr nanoseconds kMinute = std::chrono::minutes{1};
// However quick the beat is, so many readings are enough.
constexpr nanoseconds kApart = std::chrono::seconds{2};

}  // namespace

RecentCounts::RecentCounts(const WorkerMetrics& metrics, nanoseconds now)
    : metrics_(metrics), readings_{read(now)} {}

RecentCounts::Reading RecentCounts::read(nanoseconds now) const {
  std::int64_t ended = 0;
  for (std::size_t i = 0; i < kAttemptEndNames.size(); ++i) {
    const auto how = static_cast<AttemptEnd>(i);
    if (how != AttemptEnd::kNotBegun) ended += metrics_.ended(how);
  }
  return {.at = now,
          .claimed = metrics_.claimed.value(),
          .ended = ended,
          .failed = metrics_.ended(AttemptEnd::kFailed) + metrics_.ended(AttemptEnd::kRejected) +
                    metrics_.ended(AttemptEnd::kCrashed),
          .fenced = metrics_.fenced.value(),
          .wait = metrics_.wait.snapshot(),
          .run = metrics_.run.snapshot()};
}

WorkerCounts RecentCounts::take(nanoseconds now) {
  Reading newest = read(now);
  while (readings_.size() > 1 && now - readings_[1].at >= kMinute) readings_.pop_front();
  const Reading& oldest = readings_.front();
  WorkerCounts counts{.window = std::chrono::ceil<std::chrono::milliseconds>(now - oldest.at),
                      .claimed = newest.claimed - oldest.claimed,
                      .ended = newest.ended - oldest.ended,
                      .failed = newest.failed - oldest.failed,
                      .fenced = newest.fenced - oldest.fenced,
                      .fenced_total = newest.fenced,
                      .wait = newest.wait,
                      .run = newest.run};
  counts.wait -= oldest.wait;
  counts.run -= oldest.run;
  if (now - readings_.back().at >= kApart) readings_.push_back(newest);
  return counts;
}

}  // namespace stint
