// `job wait`: until a job runs, or has finished.
#include <fmt/format.h>
#include "base/clock.hpp"
#include "base/duration.hpp"
#include "cli/command.hpp"
#include "cli/context.hpp"
#include "cli/job_view.hpp"
#include "cli/progress_line.hpp"
#include "cli/read_value.hpp"
#include "cli/waiting.hpp"
#include "stint/error.hpp"

namespace stint::cli {
namespace {

class JobWait final : public Command {
 public:
  void declare(OptionTable& options, Context& /*context*/,
               std::span<const std::string> /*words*/) override {
    options.positional("ID", id_, "the job's number");
    options.add({.names = {"--for"},
                 .value = "running|finished",
                 .help = "what to wait for",
                 .default_text = "finished",
                 .set = [this](std::string_view text) {
                   goal_ = text == "running" ? WaitFor::kRunning : WaitFor::kFinished;
                 }});
    options.add({.names = {"--timeout"},
                 .value = "DURATION",
                 .help = "how long to wait at most: 20s, 5m",
                 .default_text = "no limit",
                 .set = [this](std::string_view text) { timeout_ = read_duration(text); }});
  }

  int run(Context& context) override {
    const JobId id = parse_job_id(id_);
    static_cast<void>(context.find_job(id));
    const JobId ids[] = {id};
    const std::optional<JobState> state = wait_for_it(context, ids);
    if (!is_reached(state, goal_)) {
      throw Error{ErrorCode::kBusy, fmt::format("job {} is still {} after {}", id.value,
                                                to_string(*state), format_duration(*timeout_))};
    }
    const JobRecord job = context.find_job(id);
    if (context.json()) {
      context.output().line(job_json(job));
    } else {
      context.output().line(to_string(job.state));
    }
    const bool failed = job.state == JobState::kFailed || job.state == JobState::kAborted;
    if (failed) {
      context.note(fmt::format("{}: error: job {} {}: {}", context.program(), id.value,
                               to_string(job.state), failure_text(job)));
    }
    return failed ? 1 : 0;
  }

 private:
  /// A job says nothing of how long it will take: seconds are what there is to show.
  std::optional<JobState> wait_for_it(Context& context, std::span<const JobId> ids) const {
    ProgressLine progress{context.terminal().error_is_terminal,
                          fmt::format("waiting for job {}, seconds:", ids.front().value), 0};
    const std::chrono::nanoseconds begin = real_clock().boot_now();
    return wait_for_jobs(context.store(), ids, goal_, timeout_,
                         [&](std::size_t) {
                           const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(
                               real_clock().boot_now() - begin);
                           progress.update(static_cast<std::size_t>(seconds.count()));
                         })
        .front();
  }

  std::string id_;
  WaitFor goal_ = WaitFor::kFinished;
  std::optional<milliseconds> timeout_;
};

}  // namespace

CommandEntry job_wait_entry() {
  return {.text = {.name = "job wait",
                   .summary = "Wait until a job runs or has finished",
                   .description = "Prints the state that was reached. A job that has already "
                                  "finished counts as running.",
                   .examples = {{"job wait 42", "until job 42 has finished"},
                                {"job wait 42 --for running --timeout 20s",
                                 "until a worker has it, for 20 seconds at most"}},
                   .exit_codes = {{0, "the job is done (or, asked for, runs)"},
                                  {1, "the job failed or was aborted"},
                                  {3, "there is no such job"},
                                  {75, "the timeout has passed"}}},
          .make = []() -> std::unique_ptr<Command> { return std::make_unique<JobWait>(); }};
}

}  // namespace stint::cli
