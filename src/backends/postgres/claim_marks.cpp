#include "backends/postgres/claim_marks.hpp"

namespace stint::postgres {
namespace {

constexpr std::chrono::milliseconds kSlow{5};
// Enqueues are ordered by when they began, and are seen when they commit.
constexpr std::chrono::microseconds kSlack{1'000'000};
// 2 % of the time.
constexpr int kPauses = 50;

ClaimMark with_slack(const ClaimMark& last) {
  return {.priority = last.priority, .run_at = last.run_at - kSlack.count()};
}

}  // namespace

std::optional<ClaimMark> ClaimMarks::find(const Key& key, Clock::time_point now) const {
  const auto found = places_.find(key);
  if (found == places_.end() || now >= found->second.until) return std::nullopt;
  return found->second.mark;
}

void ClaimMarks::note_full(const Key& key, std::chrono::microseconds took, const ClaimMark& last,
                           Clock::time_point now) {
  if (took <= kSlow) {
    places_.erase(key);
  } else {
    places_[key] = {.mark = with_slack(last), .until = now + took * kPauses};
  }
}

void ClaimMarks::note_marked(const Key& key, const ClaimMark& last) {
  const auto found = places_.find(key);
  if (found != places_.end()) found->second.mark = with_slack(last);
}

}  // namespace stint::postgres
