/// What people do to jobs: retry, change, delete; and what becomes of it.
#pragma once
#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>
#include "stint/types.hpp"

namespace stint {

/// What became of one job of those that an operation was asked for.
struct OperationResult {
  enum class Kind : std::uint8_t {
    kChanged,
    kNotFound,
    kWrongState,  ///< nothing was changed: it may be done to jobs in other states only
    kStale,  ///< nothing was changed: the job is not the one that was read (NewArguments::read)
  };
  Kind kind = Kind::kNotFound;
  /// Where the job stands now, derived states told apart; of a deleted one, where it stood. Nothing
  /// if it was not found.
  std::optional<JobState> state = {};

  friend bool operator==(const OperationResult&, const OperationResult&) = default;
};

/// Which jobs are retried.
enum class RetryOf : std::uint8_t {
  kFailures,  ///< failed and aborted ones
  kAnyEnd,    ///< those that are done as well
};

/// Arguments in place of those that a job has. Checked already, as those of a NewJob.
struct NewArguments {
  /// The job's epoch when its arguments were read. Each change of the arguments and each claim
  /// makes it grow, so that nothing is overwritten that was never read.
  Epoch read;
  std::string args = "{}";  ///< as NewJob::args
  std::vector<std::string> attachments =
      {};  ///< as NewJob::attachments; all, not those that differ
};

/// What to change of one job that waits. What is unset stays.
struct JobUpdate {
  JobId id;
  std::optional<int> priority = {};  ///< within the range of EnqueueOptions::priority
  std::optional<std::chrono::system_clock::time_point> run_at = {};
  std::optional<std::chrono::milliseconds> delay = {};  ///< run_at is then so long from now
  std::optional<NewArguments> arguments = {};
};

/// Refuse updates of which two are of one job. Throws Error kInvalid.
void check_updates(std::span<const JobUpdate> updates);

}  // namespace stint
