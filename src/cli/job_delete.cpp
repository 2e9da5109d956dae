// `job delete`: remove jobs with all that belongs to them.
#include "cli/command.hpp"
#include "cli/context.hpp"
#include "cli/job_selection.hpp"
#include "core/store.hpp"

namespace stint::cli {
namespace {

class JobDelete final : public Command {
 public:
  void declare(OptionTable& options, Context& /*context*/,
               std::span<const std::string> /*words*/) override {
    options.add_positional({.name = "ID",
                            .help = "the numbers of the jobs",
                            .is_required = false,
                            .repeats = true,
                            .set = [this](std::string_view text) { selection_.add_id(text); }});
    selection_.declare(options, "delete");
  }

  int run(Context& context) override {
    return selection_.run(
        context, {.verb = "delete",
                  .done = "deleted",
                  .states = {JobState::kDone, JobState::kFailed, JobState::kAborted,
                             JobState::kQueued, JobState::kGated},
                  .way_out = "end what runs first: `job abort ID`",
                  .run = [&](std::span<const ChosenJob> jobs) {
                    std::vector<JobId> ids;
                    ids.reserve(jobs.size());
                    for (const ChosenJob& job : jobs) ids.push_back(job.id);
                    std::vector<JobOutcome> outcomes;
                    outcomes.reserve(jobs.size());
                    for (const OperationResult& result : context.store().delete_jobs(ids)) {
                      outcomes.push_back({.result = result});
                    }
                    return outcomes;
                  }});
  }

 private:
  JobSelection selection_;
};

}  // namespace

CommandEntry job_delete_entry() {
  return {
      .text =
          {.name = "job delete",
           .summary = "Remove jobs that wait or have ended, with their logs",
           .description =
               "Arguments, output, log, history and idempotency key go with the job; there is no "
               "way back. A job that runs is left alone: abort it first. Jobs that a filter finds "
               "are deleted after a question, or with --yes; without --state that is all that fits "
               "and does not run. What is past goes by itself: see the setting defaults.retention.",
           .examples = {{"job delete 42 43", "two jobs"},
                        {"job delete --state aborted --yes", "all that were aborted"},
                        {"job delete --task mail.send --state queued,scheduled",
                         "what waits of a task, after a question"}},
           .exit_codes = {{0, "every job is deleted"},
                          {1, "some run and were left alone, or you said no"},
                          {3, "some do not exist; the others were deleted"}}},
      .make = []() -> std::unique_ptr<Command> { return std::make_unique<JobDelete>(); }};
}

}  // namespace stint::cli
