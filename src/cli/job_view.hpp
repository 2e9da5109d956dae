/// How jobs, attempts and times are shown.
#pragma once
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include "cli/table.hpp"
#include "core/job_records.hpp"

namespace stint::cli {

class Context;

/// What a list of jobs shows besides the usual.
struct JobListing {
  bool errors = false;  ///< below each job that failed: what it failed with, and by what
  std::optional<std::vector<std::int64_t>> log_lines = {};  ///< of each job
};

/// Write a job as one JSON object with exactly the fields id, task, state, priority, args,
/// metadata, tags, attempt, run_at, created_at, started_at, finished_at, domain, node, worker,
/// cause, error, output, and log_count where that is given. What is not known is null; metadata
/// without members is {}.
std::string job_json(const JobRecord& job, std::optional<std::int64_t> log_lines = {});

/// Write a failed attempt as one JSON object: attempt, worker, started_at, ended_at, cause, error.
std::string attempt_json(const AttemptRecord& attempt);

/// Take the message out of a stored error, with the messages of its causes behind it.
std::string error_message(std::string_view error_json);

/// Show a state in its colour.
Cell state_cell(JobState state);

/// Show a moment: relative ("3m ago", "in 2h") on a terminal, RFC 3339 elsewhere, "-" if there is
/// none.
std::string shown_time(const std::optional<StoreTime>& time, const Terminal& terminal,
                       StoreTime now = std::chrono::system_clock::now());

/// Write a span of time with its greatest unit: "250ms", "12s", "5m", "3h", "4d".
std::string short_duration(std::chrono::nanoseconds duration);

/// Write a moment as JSON: a string, or null.
std::string time_json(const std::optional<StoreTime>& time);

/// Print jobs as a table, or as JSON with --json.
void print_jobs(Context& context, std::span<const JobRecord> jobs, const JobListing& listing = {});

/// Say why a job ended as it did: "timeout: took longer than 30s".
std::string failure_text(const JobRecord& job);

}  // namespace stint::cli
