// `job logs`: what a job wrote and printed.
#include <array>
#include <limits>
#include <optional>
#include <fmt/format.h>
#include "base/time_format.hpp"
#include "cli/command.hpp"
#include "cli/context.hpp"
#include "cli/job_view.hpp"
#include "cli/json_line.hpp"
#include "cli/waiting.hpp"
#include "core/store.hpp"
#include "stint/error.hpp"

namespace stint::cli {
namespace {

constexpr int kPageLines = 1000;

Color color_of(const JobLogLine& line) {
  if (line.source == LogSource::kOutput) return Color::kNone;
  if (line.source == LogSource::kError) return Color::kCyan;
  switch (line.level) {
    case LogLevel::kDebug:
      return Color::kDim;
    case LogLevel::kInfo:
      return Color::kNone;
    case LogLevel::kWarning:
      return Color::kYellow;
    case LogLevel::kError:
      return Color::kRed;
  }
  return Color::kNone;
}

/// What stands before the text: the level of what was logged, the stream of what was printed.
std::string_view label_of(const JobLogLine& line) {
  return line.source == LogSource::kLog ? to_string(line.level) : to_string(line.source);
}

void print(Context& context, const JobLogLine& line) {
  if (context.json()) {
    JsonLine object;
    object.number("number", line.number)
        .number("attempt", std::int64_t{line.attempt})
        .text("level", to_string(line.level))
        .text("source", to_string(line.source))
        .raw("at", time_json(line.at))
        .text("text", line.text);
    context.output().line(object.str());
    return;
  }
  const bool colors = context.terminal().colors_output;
  const std::string label = fmt::format("{:<7}", label_of(line));
  context.output().line(fmt::format(
      "{} {} {}", format_time(line.at),
      colored(label, line.source == LogSource::kOutput ? Color::kGreen : color_of(line), colors),
      colored(printable(line.text), color_of(line), colors)));
}

class JobLogs final : public Command {
 public:
  void declare(OptionTable& options, Context& /*context*/,
               std::span<const std::string> /*words*/) override {
    options.positional("ID", id_, "the job's number");
    options.flag({"--watch"}, watch_, "go on until the job has ended");
    options.add({.names = {"--from"},
                 .value = "N",
                 .help = "begin with line N",
                 .default_text = "1",
                 .set = [this](std::string_view text) {
                   from_ = parse_whole_number(text, 1, std::numeric_limits<std::int64_t>::max());
                 }});
    options.add({.names = {"--level"},
                 .value = "LEVEL",
                 .help = "only lines from debug, info, warning or error on; what was printed to "
                         "standard output is info, to standard error warning",
                 .default_text = "debug",
                 .set = [this](std::string_view text) { set_level(text); }});
  }

  int run(Context& context) override {
    const JobId id = parse_job_id(id_);
    static_cast<void>(context.find_job(id));
    if (watch_) follow(context, id);
    print_new(context, id);  // after its end as well: what came last
    return 0;
  }

 private:
  void set_level(std::string_view text) {
    const std::optional<LogLevel> level = parse_log_level(text);
    if (!level) {
      throw Error{ErrorCode::kUsage,
                  fmt::format("\"{}\" is none of debug, info, warning, error", text)};
    }
    level_ = *level;
  }

  void print_new(Context& context, JobId id) {
    for (;;) {
      const std::vector<JobLogLine> lines = context.store().read_log(id, from_, kPageLines);
      for (const JobLogLine& line : lines) {
        if (line.level >= level_) print(context, line);
      }
      if (!lines.empty()) from_ = lines.back().number + 1;
      if (lines.size() < kPageLines) return;
    }
  }

  void follow(Context& context, JobId id) {
    const std::array<JobId, 1> ids{id};
    wait_for_jobs(context.store(), ids, WaitFor::kFinished, std::nullopt, [&](std::size_t) {
      try {
        print_new(context, id);
      } catch (const Error& error) {
        if (!error.retryable()) throw;  // an outage is waited out
      }
      context.output().flush();
    });
  }

  std::string id_;
  std::int64_t from_ = 1;
  LogLevel level_ = LogLevel::kDebug;
  bool watch_ = false;
};

}  // namespace

CommandEntry job_logs_entry() {
  return {
      .text = {.name = "job logs",
               .summary = "Print what a job logged and printed",
               .description = "The lines of all attempts, oldest first, in UTC: what the job "
                              "logged, with its level, and what it printed, marked stdout or "
                              "stderr. A running job's lines are stored within a second.",
               .examples = {{"job logs 42", "the whole log of job 42"},
                            {"job logs 42 --from 100", "what was written since line 99"},
                            {"job logs 42 --watch --level warning",
                             "warnings, errors and what is printed to standard error, until the "
                             "job has ended"}},
               .exit_codes = {{3, "there is no such job"}}},
      .make = []() -> std::unique_ptr<Command> { return std::make_unique<JobLogs>(); }};
}

}  // namespace stint::cli
