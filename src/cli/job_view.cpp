#include "cli/job_view.hpp"
#include <fmt/format.h>
#include "base/time_format.hpp"
#include "cli/context.hpp"
#include "cli/json_line.hpp"
#include "stint/json.hpp"

namespace stint::cli {
namespace {

constexpr std::size_t kMostCauses = 8;

std::string or_dash(std::string text) { return text.empty() ? "-" : std::move(text); }

/// How long a job ran, or has been running.
std::string run_time(const JobRecord& job, StoreTime now) {
  if (!job.started_at) return "-";
  const bool runs = job.state == JobState::kRunning || job.state == JobState::kAborting;
  if (!runs && !job.finished_at) return "-";
  const StoreTime end = job.finished_at.value_or(now);
  return end < *job.started_at ? "-" : short_duration(end - *job.started_at);
}

std::string text_of(const json& value) {
  return value.is_string() ? value.get<std::string>() : value.dump();
}

/// "Boom: it broke", as far as an error has that.
std::string named_message(const json& error) {
  if (!error.is_object()) return text_of(error);
  std::string result = error.contains("type") ? text_of(error["type"]) : std::string{};
  if (error.contains("message")) {
    result += (result.empty() ? "" : ": ") + text_of(error["message"]);
  }
  return result;
}

/// Why a job failed, a line each for what it failed with and what caused that.
std::vector<std::string> error_lines(const JobRecord& job) {
  if (job.cause.empty() && job.error.empty()) return {};
  const json error = json::parse(job.error, nullptr, /*allow_exceptions=*/false);
  if (!error.is_object()) {
    return {job.error.empty() ? job.cause : fmt::format("{}: {}", job.cause, job.error)};
  }
  std::vector<std::string> lines{fmt::format("{}: {}", job.cause, named_message(error))};
  if (!error.contains("causes") || !error["causes"].is_array()) return lines;
  for (const json& cause : error["causes"]) {
    if (lines.size() > kMostCauses) break;
    lines.push_back("caused by " + named_message(cause));
  }
  return lines;
}

/// What a reader of a list wants to know most: why a job failed, how far it is, else its arguments.
std::string remark(const JobRecord& job, bool has_error_lines) {
  if (!job.cause.empty() && !has_error_lines) return failure_text(job);
  if (job.state == JobState::kRunning && job.progress) {
    return fmt::format("{:.0f}% {}", *job.progress * 100, job.progress_message);
  }
  return job.args;
}

}  // namespace

std::string time_json(const std::optional<StoreTime>& time) {
  return time ? json_string(format_time(*time)) : "null";
}

std::string job_json(const JobRecord& job, std::optional<std::int64_t> log_lines) {
  JsonLine line;
  line.number("id", job.id.value)
      .text("task", job.task)
      .text("state", to_string(job.state))
      .number("priority", job.priority)
      .raw("args", job.args, "{}")
      .raw("metadata", job.metadata, "{}")
      .list("tags", job.tags)
      .number("attempt", job.attempts)
      .raw("run_at", time_json(job.run_at))
      .raw("created_at", time_json(job.created_at))
      .raw("started_at", time_json(job.started_at))
      .raw("finished_at", time_json(job.finished_at))
      .text("domain", job.domain)
      .text_or_null("node", job.node)
      .raw("worker", job.worker ? std::to_string(job.worker.value) : "")
      .text_or_null("cause", job.cause)
      .raw("error", job.error)
      .raw("output", job.output);
  if (log_lines) line.number("log_count", *log_lines);
  return line.str();
}

std::string attempt_json(const AttemptRecord& attempt) {
  JsonLine line;
  line.number("attempt", attempt.attempt)
      .raw("worker", attempt.worker ? std::to_string(attempt.worker.value) : "")
      .raw("started_at", time_json(attempt.started_at))
      .raw("ended_at", time_json(attempt.ended_at))
      .text_or_null("cause", attempt.cause)
      .raw("error", attempt.error);
  return line.str();
}

std::string error_message(std::string_view error_json) {
  const json error = json::parse(error_json, nullptr, /*allow_exceptions=*/false);
  if (!error.is_object()) return std::string{error_json};
  const auto text = [](const json& from) {
    return from.is_string() ? from.get<std::string>() : from.dump();
  };
  std::string result = error.contains("message") ? text(error["message"]) : std::string{};
  if (error.contains("causes") && error["causes"].is_array()) {
    std::size_t shown = 0;
    for (const json& cause : error["causes"]) {
      if (++shown > kMostCauses) break;
      const bool has_message = cause.is_object() && cause.contains("message");
      result += ": " + text(has_message ? cause["message"] : cause);
    }
  }
  return result;
}

Cell state_cell(JobState state) {
  const auto color = [state] {
    switch (state) {
      case JobState::kDone:
        return Color::kGreen;
      case JobState::kFailed:
        return Color::kRed;
      case JobState::kAborted:
      case JobState::kAborting:
        return Color::kYellow;
      case JobState::kRunning:
        return Color::kCyan;
      case JobState::kQueued:
        return Color::kNone;
      case JobState::kGated:
      case JobState::kScheduled:
      case JobState::kBlocked:
        return Color::kDim;
    }
    return Color::kNone;
  };
  return {.text = std::string{to_string(state)}, .color = color()};
}

std::string short_duration(std::chrono::nanoseconds duration) {
  using namespace std::chrono;
  if (duration < 1s)
    return fmt::format("{}ms", duration_cast<std::chrono::milliseconds>(duration).count());
  if (duration < 10s)
    return fmt::format("{:.1f}s", duration_cast<std::chrono::duration<double>>(duration).count());
  if (duration < 60s) return fmt::format("{}s", duration_cast<seconds>(duration).count());
  if (duration < 60min) return fmt::format("{}m", duration_cast<minutes>(duration).count());
  if (duration < 48h) return fmt::format("{}h", duration_cast<hours>(duration).count());
  return fmt::format("{}d", duration_cast<days>(duration).count());
}

std::string shown_time(const std::optional<StoreTime>& time, const Terminal& terminal,
                       StoreTime now) {
  if (!time) return "-";
  if (!terminal.output_is_terminal) return format_time(*time);
  const auto distance = *time - now;
  if (distance > std::chrono::seconds{1}) return "in " + short_duration(distance);
  if (-distance < std::chrono::seconds{1}) return "now";
  return short_duration(-distance) + " ago";
}

void print_jobs(Context& context, std::span<const JobRecord> jobs, const JobListing& listing) {
  const auto log_lines = [&](std::size_t i) {
    return listing.log_lines ? std::optional{(*listing.log_lines)[i]} : std::nullopt;
  };
  if (context.json()) {
    for (std::size_t i = 0; i < jobs.size(); ++i) {
      context.output().line(job_json(jobs[i], log_lines(i)));
    }
    return;
  }
  const Terminal& terminal = context.terminal();
  const StoreTime now = std::chrono::system_clock::now();
  std::vector<Column> columns{{.title = "ID", .is_right = true},
                              {.title = "TASK", .is_flexible = true},
                              {.title = "STATE"},
                              {.title = "PRIORITY", .is_right = true},
                              {.title = "ATTEMPT", .is_right = true},
                              {.title = "DOMAIN"},
                              {.title = "CREATED"},
                              {.title = "RAN", .is_right = true}};
  if (listing.log_lines) columns.push_back({.title = "LOG", .is_right = true});
  columns.push_back({.title = "REMARK", .is_flexible = true});
  Table table{std::move(columns)};
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    const JobRecord& job = jobs[i];
    std::vector<Cell> row{{.text = std::to_string(job.id.value)},
                          {.text = job.task},
                          state_cell(job.state),
                          {.text = std::to_string(job.priority)},
                          {.text = std::to_string(job.attempts)},
                          {.text = or_dash(job.domain)},
                          {.text = shown_time(job.created_at, terminal, now)},
                          {.text = run_time(job, now)}};
    if (listing.log_lines) row.push_back({.text = std::to_string(*log_lines(i))});
    row.push_back({.text = remark(job, listing.errors)});
    table.add(std::move(row), listing.errors ? error_lines(job) : std::vector<std::string>{});
  }
  table.print(context.output(), terminal);
}

std::string failure_text(const JobRecord& job) {
  const std::string message = job.error.empty() ? std::string{} : error_message(job.error);
  if (job.cause.empty()) return printable(message);
  return printable(message.empty() ? job.cause : fmt::format("{}: {}", job.cause, message));
}

}  // namespace stint::cli
