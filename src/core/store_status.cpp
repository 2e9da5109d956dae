#include "core/store_status.hpp"
#include <algorithm>
#include <cmath>

namespace stint {

std::optional<StoreTime> StoreStatus::longest_due() const {
  const auto longest = std::ranges::min_element(oldest_due, {}, &Due::since);
  if (longest == oldest_due.end()) return std::nullopt;
  return longest->since;
}

void add_ended(StoreStatus& status, std::span<const EndedGroup> groups, std::int64_t first_id,
               std::int64_t most) {
  if (groups.empty()) return;
  std::int64_t jobs = 0;
  std::int64_t lowest = groups.front().lowest_id;
  std::int64_t highest = groups.front().highest_id;
  for (const EndedGroup& group : groups) {
    jobs += group.jobs;
    lowest = std::min(lowest, group.lowest_id);
    highest = std::max(highest, group.highest_id);
  }
  status.is_ended_estimated = jobs >= most && first_id < lowest;
  double scale = 1;
  if (status.is_ended_estimated) {
    scale = static_cast<double>(highest - first_id + 1) / static_cast<double>(highest - lowest + 1);
  }
  for (const EndedGroup& group : groups) {
    status.counts.push_back({.domain = group.domain,
                             .state = group.state,
                             .jobs = std::llround(static_cast<double>(group.jobs) * scale)});
  }
}

}  // namespace stint
