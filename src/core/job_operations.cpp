#include "core/job_operations.hpp"
#include <algorithm>
#include <fmt/core.h>
#include "stint/error.hpp"

namespace stint {

void check_updates(std::span<const JobUpdate> updates) {
  std::vector<JobId> ids;
  ids.reserve(updates.size());
  for (const JobUpdate& update : updates) ids.push_back(update.id);
  std::ranges::sort(ids);
  if (const auto twice = std::ranges::adjacent_find(ids); twice != ids.end()) {
    throw Error{
        ErrorCode::kInvalid,
        fmt::format("job {} is to be changed twice at once; change it once, or in two calls",
                    twice->value)};
  }
}

}  // namespace stint
