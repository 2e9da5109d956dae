/// What all backends do alike to tell how full a store is.
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include "core/job_records.hpp"

namespace stint {

/// Jobs that have ended are counted up to so many, the newest by id. Finished jobs may be any
/// number, and nobody may have to wait until all are counted.
inline constexpr std::int64_t kMostCounted = 100'000;

/// How many of the newest ended jobs are of one domain and state.
struct EndedGroup {
  std::string domain;
  JobState state = JobState::kDone;
  std::int64_t jobs = 0;
  std::int64_t lowest_id = 0;
  std::int64_t highest_id = 0;
};

/// Add the ended jobs to the counts. `groups` holds the newest ones, at most `most` in all, and
/// `first_id` is the lowest id of any. If there may be more than `most`, the older ones are taken
/// to lie as densely as these and to be of the same domains and states.
void add_ended(StoreStatus& status, std::span<const EndedGroup> groups, std::int64_t first_id,
               std::int64_t most = kMostCounted);

}  // namespace stint
