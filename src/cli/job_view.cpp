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

/// What a reader of a list wants to know most: why a job failed, how far it is, else its arguments.
std::string remark(const JobRecord& job) {
  if (!job.cause.empty()) return failure_text(job);
  if (job.state == JobState::kRunning && job.progress) {
    return fmt::format("{:.0f}% {}", *job.progress * 100, job.progress_message);
  }
  return job.args;
}

}  // namespace

std::string time_json(const std::optional<StoreTime>& time) {
  return time ? json_string(format_time(*time)) : "null";
}

std::string job_json(const JobRecord& job) {
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

void print_jobs(Context& context, std::span<const JobRecord> jobs) {
  if (context.json()) {
    for (const JobRecord& job : jobs) context.output().line(job_json(job));
    return;
  }
  const Terminal& terminal = context.terminal();
  const StoreTime now = std::chrono::system_clock::now();
  Table table{{{.title = "ID", .is_right = true},
               {.title = "TASK", .is_flexible = true},
               {.title = "STATE"},
               {.title = "PRIORITY", .is_right = true},
               {.title = "ATTEMPT", .is_right = true},
               {.title = "DOMAIN"},
               {.title = "CREATED"},
               {.title = "RAN", .is_right = true},
               {.title = "REMARK", .is_flexible = true}}};
  for (const JobRecord& job : jobs) {
    table.add({{.text = std::to_string(job.id.value)},
               {.text = job.task},
               state_cell(job.state),
               {.text = std::to_string(job.priority)},
               {.text = std::to_string(job.attempts)},
               {.text = or_dash(job.domain)},
               {.text = shown_time(job.created_at, terminal, now)},
               {.text = run_time(job, now)},
               {.text = remark(job)}});
  }
  table.print(context.output(), terminal);
}

std::string failure_text(const JobRecord& job) {
  const std::string message = job.error.empty() ? std::string{} : error_message(job.error);
  if (job.cause.empty()) return printable(message);
  return printable(message.empty() ? job.cause : fmt::format("{}: {}", job.cause, message));
}

}  // namespace stint::cli
