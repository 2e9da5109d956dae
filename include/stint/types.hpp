/// Strong identifiers and the states of a job.
#pragma once
#include <compare>
#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>

namespace stint {

/// Name a job within one store. Positive, short enough to type, never used twice.
struct JobId {
  std::int64_t value = 0;

  explicit operator bool() const { return value > 0; }
  friend auto operator<=>(const JobId&, const JobId&) = default;
};

/// Name a worker within one store. Positive, never used twice.
struct WorkerId {
  std::int64_t value = 0;

  explicit operator bool() const { return value > 0; }
  friend auto operator<=>(const WorkerId&, const WorkerId&) = default;
};

/// Count the claims and rescues of a job. Only the holder of the newest epoch may write to the job.
struct Epoch {
  std::int64_t value = 0;

  friend auto operator<=>(const Epoch&, const Epoch&) = default;
};

/// Where a job stands. The first six are stored (their numbers are the stored ones); the last three
/// are derived from a stored state and can be used wherever a state is asked for.
enum class JobState : std::uint8_t {
  kQueued = 1,     ///< may be claimed once its run_at has come
  kGated = 2,      ///< waits for a condition
  kRunning = 3,    ///< claimed by a worker
  kDone = 4,       ///< returned; final
  kFailed = 5,     ///< no attempt left, rejected, crashed too often, ...; final
  kAborted = 6,    ///< somebody asked for it; final
  kScheduled = 7,  ///< derived: queued for later
  kBlocked = 8,    ///< derived: gated
  kAborting = 9,   ///< derived: running, abort asked for
};

/// Name a state as the command line and the views do: "queued".
std::string_view to_string(JobState state);
/// Find the state of a name; nothing for a name that is none.
std::optional<JobState> parse_job_state(std::string_view name);
/// Tell whether a job in this state stays as it is until somebody has it retried.
constexpr bool is_final(JobState state) {
  return state == JobState::kDone || state == JobState::kFailed || state == JobState::kAborted;
}

}  // namespace stint

template <>
struct std::hash<stint::JobId> {
  std::size_t operator()(const stint::JobId& id) const noexcept {
    return std::hash<std::int64_t>{}(id.value);
  }
};
