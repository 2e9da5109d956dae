// `job show`: everything that is known of a job.
#include <fmt/format.h>
#include "base/duration.hpp"
#include "base/time_format.hpp"
#include "cli/command.hpp"
#include "cli/context.hpp"
#include "cli/job_view.hpp"
#include "cli/watch.hpp"
#include "core/store.hpp"
#include "core/trace_context.hpp"

namespace stint::cli {
namespace {

class JobShow final : public Command {
 public:
  void declare(OptionTable& options, Context& /*context*/,
               std::span<const std::string> /*words*/) override {
    options.positional("ID", id_, "the job's number");
    options.flag({"--attempts"}, attempts_, "show the failed attempts alone, oldest first");
    watch_.declare(options);
  }

  int run(Context& context) override {
    const JobId id = parse_job_id(id_);
    const auto look = [&] {
      const JobRecord job = context.find_job(id);
      if (!attempts_) show(context, job);
      if (attempts_ || !context.json()) show_attempts(context, job);
      return Look{.is_last = is_final(job.state)};
    };
    if (watch_.is_asked()) return watch_.run(context, "job show " + id_, look);
    look();
    return 0;
  }

 private:
  static void show(Context& context, const JobRecord& job);
  void show_attempts(Context& context, const JobRecord& job) const;

  std::string id_;
  bool attempts_ = false;
  Watch watch_;
};

/// Print one line of the form, leaving out what is empty.
class Form {
 public:
  explicit Form(Context& context) : context_(context) {}

  void line(std::string_view name, std::string_view value, Color color = Color::kNone) {
    if (value.empty()) return;
    const Terminal& terminal = context_.terminal();
    context_.output().line(fmt::format(
        "{}{}", colored(fmt::format("{:<13}", name), Color::kBold, terminal.colors_output),
        colored(printable(value), color, terminal.colors_output)));
  }
  void time(std::string_view name, const std::optional<StoreTime>& value) {
    if (!value) return;
    const Terminal& terminal = context_.terminal();
    line(name, terminal.output_is_terminal
                   ? fmt::format("{} ({})", format_time(*value), shown_time(value, terminal))
                   : format_time(*value));
  }

 private:
  Context& context_;
};

std::string joined(const std::vector<std::string>& values) {
  std::string result;
  for (const std::string& value : values) result += (result.empty() ? "" : ", ") + value;
  return result;
}

std::string counters(const JobRecord& job) {
  return fmt::format("{} started, {} of at most {} failed, {} crashed, {} interrupted",
                     job.attempts, job.failures, job.max_attempts, job.crashes, job.interruptions);
}

void JobShow::show(Context& context, const JobRecord& job) {
  if (context.json()) {
    context.output().line(job_json(job));
    return;
  }
  Form form{context};
  const Cell state = state_cell(job.state);
  form.line("id", std::to_string(job.id.value));
  form.line("task", job.task);
  form.line("state", state.text, state.color);
  form.line("priority", std::to_string(job.priority));
  form.line("domain", job.domain);
  form.line("node", job.node);
  form.line("args", job.args);
  form.line("metadata", job.metadata);
  if (!job.metadata.empty()) {
    form.line("trace", traceparent_of(json::parse(job.metadata, nullptr, false)));
  }
  form.line("tags", joined(job.tags));
  form.line("key", job.idempotency_key);
  form.line("attempts", counters(job));
  if (job.timeout.count() > 0) form.line("timeout", format_duration(job.timeout));
  form.line("epoch", std::to_string(job.epoch.value));
  form.time("created at", job.created_at);
  form.time("run at", job.run_at);
  form.time("started at", job.started_at);
  form.time("finished at", job.finished_at);
  if (job.worker) form.line("worker", std::to_string(job.worker.value));
  if (job.progress) {
    form.line("progress", fmt::format("{:.0f} % {}", *job.progress * 100, job.progress_message));
  }
  form.line("cause", job.cause);
  form.line("error", job.error.empty() ? std::string{} : error_message(job.error));
  form.line("output", job.output);
}

void JobShow::show_attempts(Context& context, const JobRecord& job) const {
  const std::vector<AttemptRecord> attempts = context.store().list_attempts(job.id);
  if (context.json()) {
    for (const AttemptRecord& attempt : attempts) context.output().line(attempt_json(attempt));
    return;
  }
  if (attempts.empty()) return;
  const Terminal& terminal = context.terminal();
  if (!attempts_) context.output().line("");
  Table table{{{.title = "ATTEMPT", .is_right = true},
               {.title = "WORKER", .is_right = true},
               {.title = "STARTED"},
               {.title = "ENDED"},
               {.title = "CAUSE"},
               {.title = "ERROR", .is_flexible = true}}};
  for (const AttemptRecord& attempt : attempts) {
    table.add({{.text = std::to_string(attempt.attempt)},
               {.text = attempt.worker ? std::to_string(attempt.worker.value) : "-"},
               {.text = shown_time(attempt.started_at, terminal)},
               {.text = shown_time(attempt.ended_at, terminal)},
               {.text = attempt.cause},
               {.text = attempt.error.empty() ? "" : error_message(attempt.error)}});
  }
  table.print(context.output(), terminal);
}

}  // namespace

CommandEntry job_show_entry() {
  return {.text = {.name = "job show",
                   .summary = "Show a job: arguments, times, counters, output, failed attempts",
                   .description = "Times are relative on a terminal and in UTC elsewhere. With "
                                  "--json it has the fields that `job list --json` gives.",
                   .examples = {{"job show 42", "all that is known of job 42"},
                                {"job show 42 --json | jq .output", "its output alone"},
                                {"job show 42 --watch", "until it has ended, or Ctrl-C"},
                                {"job show 42 --attempts", "when and why its attempts failed"}},
                   .exit_codes = {{3, "there is no such job"}}},
          .make = []() -> std::unique_ptr<Command> { return std::make_unique<JobShow>(); }};
}

}  // namespace stint::cli
