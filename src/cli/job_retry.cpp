// `job retry`: queue jobs that have ended once more.
#include <algorithm>
#include "cli/command.hpp"
#include "cli/context.hpp"
#include "cli/job_selection.hpp"
#include "core/store.hpp"

namespace stint::cli {
namespace {

class JobRetry final : public Command {
 public:
  void declare(OptionTable& options, Context& /*context*/,
               std::span<const std::string> /*words*/) override {
    options.add_positional({.name = "ID",
                            .help = "the numbers of the jobs",
                            .is_required = false,
                            .repeats = true,
                            .set = [this](std::string_view text) { selection_.add_id(text); }});
    options.flag({"--done"}, done_, "jobs that are done as well: their output is dropped");
    selection_.declare(options, "retry");
  }

  int run(Context& context) override {
    const bool any_end = done_ || std::ranges::find(selection_.states(), JobState::kDone) !=
                                      selection_.states().end();
    JobOperation operation{
        .verb = "retry",
        .done = "retried",
        .states = {JobState::kFailed, JobState::kAborted},
        .way_out = any_end ? "what waits or runs needs no retry"
                           : "what waits or runs needs no retry; what is done takes --done",
        .run = [&](std::span<const ChosenJob> jobs) {
          std::vector<JobId> ids;
          ids.reserve(jobs.size());
          for (const ChosenJob& job : jobs) ids.push_back(job.id);
          std::vector<JobOutcome> outcomes;
          outcomes.reserve(jobs.size());
          for (const OperationResult& result :
               context.store().retry_jobs(ids, any_end ? RetryOf::kAnyEnd : RetryOf::kFailures)) {
            outcomes.push_back({.result = result});
          }
          return outcomes;
        }};
    if (any_end) operation.states.push_back(JobState::kDone);
    return selection_.run(context, operation);
  }

 private:
  JobSelection selection_;
  bool done_ = false;
};

}  // namespace

CommandEntry job_retry_entry() {
  return {
      .text =
          {.name = "job retry",
           .summary = "Queue jobs that failed or were aborted once more",
           .description =
               "The same jobs, due now: number, arguments, log and the history of failed attempts "
               "stay; failures and crashes are counted from 0 again, so that all attempts are "
               "there again. Jobs that a filter finds are retried after a question, or with "
               "--yes. Prints each job's number and what became of it.",
           .examples = {{"job retry 42", "job 42 once more"},
                        {"job retry --task images.resize --since 1h --yes",
                         "what failed or was aborted of a task, enqueued within the last hour"},
                        {"job retry --state failed --tag monday --dry-run",
                         "which ones it would be"},
                        {"job retry 42 --done", "though it is done"}},
           .exit_codes = {{0, "every job is queued"},
                          {1, "some were in another state and were left alone, or you said no"},
                          {3, "some do not exist; the others were retried"}}},
      .make = []() -> std::unique_ptr<Command> { return std::make_unique<JobRetry>(); }};
}

}  // namespace stint::cli
