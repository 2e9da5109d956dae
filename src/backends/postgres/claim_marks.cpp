#include "backends/postgres/claim_marks.hpp"
#include <algorithm>

namespace stint::postgres {
namespace {

constexpr std::chrono::milliseconds kSlow{5};
// Enqueues are ordered by when they began, and are seen when they commit. Each claim walks what was
// claimed within that time.
constexpr std::chrono::microseconds kSlack{250'000};
// 2 % of the time, but not longer than this without a look: what took so long may have been a wait.
// A look that takes longer than a second may take up to a fifth of the time.
constexpr int kPauses = 50;
constexpr int kLeastPauses = 4;
constexpr std::chrono::seconds kLongestPause{5};
// A claim looks at each lane: of more, the one that stands furthest back is left to the left edge.
constexpr std::size_t kMostLanes = 16;

ClaimMarks::Clock::duration pause_after(ClaimMarks::Clock::duration took) {
  return std::max<ClaimMarks::Clock::duration>(
      std::min<ClaimMarks::Clock::duration>(took * kPauses, kLongestPause), took * kLeastPauses);
}

}  // namespace

std::vector<ClaimMark> ClaimMarks::find(const Key& key, Clock::time_point now) const {
  std::vector<ClaimMark> marks;
  const auto found = places_.find(key);
  if (found == places_.end() || now >= found->second.until) return marks;
  marks.reserve(found->second.marks.size());
  for (const auto& [priority, run_at] : found->second.marks) marks.push_back({priority, run_at});
  return marks;
}

void ClaimMarks::put(Places& places, const ClaimMark& last) {
  places.marks[last.priority] = last.run_at - kSlack.count();
  if (places.marks.size() <= kMostLanes) return;
  places.marks.erase(
      std::ranges::min_element(places.marks, {}, [](const auto& lane) { return lane.second; }));
}

void ClaimMarks::note_full(const Key& key, Clock::duration took, const ClaimMark& last,
                           Clock::time_point now) {
  if (took <= kSlow) {
    places_.erase(key);
    return;
  }
  Places& places = places_[key];
  places.until = now + pause_after(took);
  put(places, last);
}

void ClaimMarks::note_nothing(const Key& key, Clock::duration took, Clock::time_point now) {
  const auto found = places_.find(key);
  if (found == places_.end()) return;
  if (took <= kSlow) {
    places_.erase(found);
  } else {
    found->second.until = now + pause_after(took);
  }
}

void ClaimMarks::note_marked(const Key& key, const ClaimMark& last) {
  const auto found = places_.find(key);
  if (found != places_.end()) put(found->second, last);
}

}  // namespace stint::postgres
