// `job abort`: ask for the end of jobs.
#include <fmt/format.h>
#include "base/host.hpp"
#include "cli/command.hpp"
#include "cli/context.hpp"
#include "cli/job_view.hpp"
#include "cli/json_line.hpp"
#include "core/store.hpp"
#include "stint/error.hpp"

namespace stint::cli {
namespace {

class JobAbort final : public Command {
 public:
  void declare(OptionTable& options, Context& /*context*/,
               std::span<const std::string> /*words*/) override {
    options.positionals("ID", ids_, "the numbers of the jobs");
    options.text({"--message", "-m"}, "TEXT", message_, "why; kept with the job, and who asked");
  }

  int run(Context& context) override {
    std::vector<JobId> ids;
    ids.reserve(ids_.size());
    for (const std::string& text : ids_) ids.push_back(parse_job_id(text));
    std::string missing;
    const std::string message = signed_message();
    for (const JobId id : ids) {
      const std::optional<JobState> state = context.store().abort(id, message);
      if (!state) {
        missing += fmt::format("{}{}", missing.empty() ? "" : ", ", id.value);
        continue;
      }
      print(context, id, *state);
    }
    if (!missing.empty()) {
      context.output().flush();
      throw Error{ErrorCode::kNotFound,
                  fmt::format("there is no job {} in {}", missing, context.store_name())};
    }
    return 0;
  }

 private:
  /// Whoever looks at the job later sees who it was.
  std::string signed_message() const {
    const std::string who = fmt::format("by {}@{}", user_name(), host_name());
    return message_.empty() ? who : fmt::format("{} ({})", message_, who);
  }
  static void print(Context& context, JobId id, JobState state) {
    if (context.json()) {
      JsonLine line;
      line.number("id", id.value).text("state", to_string(state));
      context.output().line(line.str());
    } else {
      context.output().line(fmt::format("{} {}", id.value, to_string(state)));
    }
  }

  std::vector<std::string> ids_;
  std::string message_;
};

}  // namespace

CommandEntry job_abort_entry() {
  return {
      .text = {.name = "job abort",
               .summary = "Ask for the end of jobs",
               .description =
                   "A job that waits is aborted at once and never starts. A running one is asked "
                   "to stop: it is `aborting` until its worker has ended it. One that has "
                   "finished stays as it is. Prints each job's number and the state it now has.",
               .examples = {{"job abort 42", "end job 42"},
                            {"job abort 42 43 --message \"wrong input\"", "two, and why"}},
               .exit_codes = {{0, "every job is aborted, aborting, or had finished before"},
                              {3, "one of the jobs does not exist; the others were asked"}}},
      .make = []() -> std::unique_ptr<Command> { return std::make_unique<JobAbort>(); }};
}

}  // namespace stint::cli
