/// How a job leaves a worker's hands, or the queue: the one place that writes it.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include "backends/sqlite/writer.hpp"

namespace stint::sqlite {

/// Where a job that has not ended stands, as far as the rules of its life ask.
struct LiveJob {
  JobId id;
  Epoch epoch;
  JobState state = JobState::kQueued;  ///< as stored
  std::string domain = {};
  JobFlags flags = {};
  int max_attempts = 1;
  int attempts = 0;
  int failures = 0;
  int crashes = 0;
  int lone_crashes = 0;
  std::optional<std::int64_t> worker = {};
  std::optional<std::int64_t> started_at = {};
  bool abort_asked = false;
  std::string abort_message = {};
};

std::optional<LiveJob> find_live(Connection& connection, JobId id);

/// What is added to a job's counters.
struct Counts {
  int attempts = 0;
  int failures = 0;
  int crashes = 0;
  int lone_crashes = 0;
  int interruptions = 0;
};

/// How an attempt ended. Texts must outlive the call.
struct Ending {
  Counts counts = {};
  int epoch_step = 0;  ///< 1: whoever holds the job is fenced
  std::optional<std::int64_t> started_at = {};
  std::int64_t ended_at = 0;
  std::string_view cause = {};  ///< empty: the last failure's stays
  std::string_view error = {};
  std::string_view output = {};
};

// Each returns the state that the job has now.

/// Move a job from the living to the finished.
JobState finish(Transaction& transaction, const LiveJob& job, JobState final_state,
                const Ending& ending);
/// Put a job back into the queue, due at `run_at` (unset: as it was).
JobState requeue(Transaction& transaction, const LiveJob& job, std::optional<std::int64_t> run_at,
                 const Ending& ending);
/// Finish a job as aborted, with the message of who asked for it; only an ending whose cause is
/// "aborted" keeps an error of its own.
JobState finish_aborted(Transaction& transaction, const LiveJob& job, Ending ending);

/// Add this attempt to the job's history.
void remember_attempt(Transaction& transaction, const LiveJob& job, const Ending& ending);

}  // namespace stint::sqlite
