#include "stint/types.hpp"
#include <algorithm>
#include <array>
#include <utility>

namespace stint {
namespace {

constexpr std::array kStateNames = {
    std::pair{JobState::kQueued, std::string_view{"queued"}},
    std::pair{JobState::kGated, std::string_view{"gated"}},
    std::pair{JobState::kRunning, std::string_view{"running"}},
    std::pair{JobState::kDone, std::string_view{"done"}},
    std::pair{JobState::kFailed, std::string_view{"failed"}},
    std::pair{JobState::kAborted, std::string_view{"aborted"}},
    std::pair{JobState::kScheduled, std::string_view{"scheduled"}},
    std::pair{JobState::kBlocked, std::string_view{"blocked"}},
    std::pair{JobState::kAborting, std::string_view{"aborting"}},
};

}  // namespace

std::string_view to_string(JobState state) {
  const auto* const found =
      std::ranges::find(kStateNames, state, &std::pair<JobState, std::string_view>::first);
  return found == kStateNames.end() ? std::string_view{"unknown"} : found->second;
}

std::optional<JobState> parse_job_state(std::string_view name) {
  const auto* const found =
      std::ranges::find(kStateNames, name, &std::pair<JobState, std::string_view>::second);
  if (found == kStateNames.end()) return std::nullopt;
  return found->first;
}

}  // namespace stint
