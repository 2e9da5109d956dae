// `job list`: the newest jobs of the store.
#include <array>
#include <fmt/format.h>
#include "base/nearest.hpp"
#include "cli/command.hpp"
#include "cli/context.hpp"
#include "cli/job_view.hpp"
#include "cli/read_value.hpp"
#include "core/store.hpp"
#include "stint/error.hpp"

namespace stint::cli {
namespace {

constexpr int kDefaultLimit = 100;
constexpr int kMostJobs = 1'000'000;
constexpr int kPageJobs = 1000;

constexpr std::array kStates = {JobState::kQueued,    JobState::kGated,   JobState::kRunning,
                                JobState::kDone,      JobState::kFailed,  JobState::kAborted,
                                JobState::kScheduled, JobState::kBlocked, JobState::kAborting};

JobState state_of(std::string_view name) {
  if (const std::optional<JobState> state = parse_job_state(name)) return *state;
  std::vector<std::string_view> names;
  std::string list;
  for (const JobState state : kStates) {
    names.push_back(to_string(state));
    list += fmt::format("{}{}", list.empty() ? "" : ", ", names.back());
  }
  throw Error{ErrorCode::kUsage, fmt::format("\"{}\" is no state{}; there are {}", name,
                                             did_you_mean(name, names), list)};
}

void add_states(std::string_view text, std::vector<JobState>& to) {
  for (;;) {
    const std::size_t comma = text.find(',');
    to.push_back(state_of(text.substr(0, comma)));
    if (comma == std::string_view::npos) return;
    text.remove_prefix(comma + 1);
  }
}

class JobList final : public Command {
 public:
  void declare(OptionTable& options, Context& /*context*/,
               std::span<const std::string> /*words*/) override {
    options.integer({"--limit", "-n"}, limit_, 1, kMostJobs, "list at most N jobs").default_text =
        std::to_string(kDefaultLimit);
    options.add({.names = {"--state"},
                 .value = "STATE,...",
                 .help = "only jobs in one of these states: queued, scheduled, gated, blocked, "
                         "running, aborting, done, failed, aborted",
                 .repeats = true,
                 .set = [this](std::string_view text) { add_states(text, filter_.states); }});
    options.text({"--task"}, "TASK", filter_.task, "only jobs of this task");
    options.text({"--domain"}, "NAME", filter_.domain, "only jobs of this domain");
    options.text({"--tag"}, "TAG", filter_.tag, "only jobs with this tag");
    options.add(
        {.names = {"--since"},
         .value = "DURATION",
         .help = "only jobs enqueued within this time: 90s, 1h, 2d, P1D",
         .set = [this](std::string_view text) { filter_.created_within = read_duration(text); }});
  }

  int run(Context& context) override {
    int left = limit_.value_or(kDefaultLimit);
    std::vector<JobRecord> jobs;
    while (left > 0) {
      filter_.limit = std::min(left, kPageJobs);
      std::vector<JobRecord> page = context.store().list_jobs(filter_);
      const bool is_last = page.size() < static_cast<std::size_t>(filter_.limit);
      left -= static_cast<int>(page.size());
      if (!page.empty()) filter_.before = page.back().id;
      if (context.json()) {  // a long list need not be held
        print_jobs(context, page);
      } else {
        jobs.insert(jobs.end(), std::make_move_iterator(page.begin()),
                    std::make_move_iterator(page.end()));
      }
      if (is_last) break;
    }
    if (!context.json()) print_jobs(context, jobs);
    return 0;
  }

 private:
  std::optional<int> limit_;
  JobFilter filter_;
};

}  // namespace

CommandEntry job_list_entry() {
  return {.text = {.name = "job list",
                   .summary = "List jobs, the newest first",
                   .examples = {{"job list", "the newest 100 jobs"},
                                {"job list --state failed,aborted --since 1h",
                                 "what went wrong within the last hour"},
                                {"job list --task images.resize --limit 1000 --json | jq .id",
                                 "for programs: one object a line"}}},
          .make = []() -> std::unique_ptr<Command> { return std::make_unique<JobList>(); }};
}

}  // namespace stint::cli
