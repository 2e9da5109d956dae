// `job logs`: what a job wrote.
#include <limits>
#include <fmt/format.h>
#include "base/time_format.hpp"
#include "cli/command.hpp"
#include "cli/context.hpp"
#include "cli/job_view.hpp"
#include "cli/json_line.hpp"
#include "core/store.hpp"

namespace stint::cli {
namespace {

constexpr int kPageLines = 1000;

Color color_of(LogLevel level) {
  switch (level) {
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

void print(Context& context, const JobLogLine& line) {
  if (context.json()) {
    JsonLine object;
    object.number("number", line.number)
        .number("attempt", std::int64_t{line.attempt})
        .text("level", to_string(line.level))
        .raw("at", time_json(line.at))
        .text("text", line.text);
    context.output().line(object.str());
    return;
  }
  context.output().line(fmt::format(
      "{} {:<7} {}", format_time(line.at), to_string(line.level),
      colored(printable(line.text), color_of(line.level), context.terminal().colors_output)));
}

class JobLogs final : public Command {
 public:
  void declare(OptionTable& options, Context& /*context*/,
               std::span<const std::string> /*words*/) override {
    options.positional("ID", id_, "the job's number");
    options.add({.names = {"--from"},
                 .value = "N",
                 .help = "begin with line N",
                 .default_text = "1",
                 .set = [this](std::string_view text) {
                   from_ = parse_whole_number(text, 1, std::numeric_limits<std::int64_t>::max());
                 }});
  }

  int run(Context& context) override {
    const JobId id = parse_job_id(id_);
    static_cast<void>(context.find_job(id));
    for (;;) {
      const std::vector<JobLogLine> lines = context.store().read_log(id, from_, kPageLines);
      for (const JobLogLine& line : lines) print(context, line);
      if (lines.size() < kPageLines) return 0;
      from_ = lines.back().number + 1;
    }
  }

 private:
  std::string id_;
  std::int64_t from_ = 1;
};

}  // namespace

CommandEntry job_logs_entry() {
  return {
      .text = {.name = "job logs",
               .summary = "Print what a job wrote into its log",
               .description = "The lines of all attempts, oldest first, in UTC. A running job's "
                              "lines are stored within a second.",
               .examples = {{"job logs 42", "the whole log of job 42"},
                            {"job logs 42 --from 100", "what was written since line 99"}},
               .exit_codes = {{3, "there is no such job"}}},
      .make = []() -> std::unique_ptr<Command> { return std::make_unique<JobLogs>(); }};
}

}  // namespace stint::cli
