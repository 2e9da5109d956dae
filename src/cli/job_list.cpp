// `job list`: the newest jobs of the store.
#include <algorithm>
#include <array>
#include <chrono>
#include <iterator>
#include <fmt/format.h>
#include "base/nearest.hpp"
#include "cli/command.hpp"
#include "cli/context.hpp"
#include "cli/job_view.hpp"
#include "cli/json_line.hpp"
#include "cli/read_value.hpp"
#include "core/store.hpp"
#include "stint/error.hpp"

namespace stint::cli {
namespace {

constexpr int kDefaultLimit = 100;
constexpr int kMostJobs = 1'000'000;
constexpr int kPageJobs = 1000;
// Pages that end without being full because enough jobs were looked at: after so many, or so long,
// the user is asked.
constexpr int kMostShortPages = 5;
constexpr std::chrono::seconds kLongEnough{2};

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
    options.add({.names = {"--before"},
                 .value = "ID",
                 .help = "only jobs with a smaller number: the next page of a list",
                 .set = [this](std::string_view text) { filter_.before = parse_job_id(text); }});
  }

  int run(Context& context) override {
    int left = limit_.value_or(kDefaultLimit);
    std::vector<JobRecord> jobs;
    const auto begin = std::chrono::steady_clock::now();
    while (left > 0 && short_pages_ < kMostShortPages &&
           (short_pages_ == 0 || std::chrono::steady_clock::now() - begin < kLongEnough)) {
      filter_.limit = std::min(left, kPageJobs);
      JobPage page = context.store().list_page(filter_);
      left -= static_cast<int>(page.jobs.size());
      if (std::ssize(page.jobs) < filter_.limit) ++short_pages_;
      if (context.json()) {  // a long list need not be held
        print_jobs(context, page.jobs);
      } else {
        jobs.insert(jobs.end(), std::make_move_iterator(page.jobs.begin()),
                    std::make_move_iterator(page.jobs.end()));
      }
      next_ = page.next;
      if (!next_) break;
      filter_.before = *next_;
    }
    if (!context.json()) print_jobs(context, jobs);
    if (next_) tell_next(context, left > 0);
    return 0;
  }

 private:
  /// On standard error, where it is in nobody's way.
  void tell_next(Context& context, bool is_short) const {
    const std::int64_t looked_at = std::int64_t{short_pages_} * filter_.most_looked_at;
    if (context.json()) {
      JsonLine line;
      line.number("next_before", next_->value);
      if (is_short) line.number("looked_at", looked_at);
      context.note(line.str());
      return;
    }
    context.note(is_short ? fmt::format("looked at {} jobs; for older ones go on with --before {}",
                                        looked_at, next_->value)
                          : fmt::format("there may be more: --before {}", next_->value));
  }

  std::optional<int> limit_;
  JobFilter filter_;
  std::optional<JobId> next_;
  int short_pages_ = 0;
};

}  // namespace

CommandEntry job_list_entry() {
  return {
      .text =
          {.name = "job list",
           .summary = "List jobs, the newest first",
           .description =
               "Tells on standard error how to go on where a list may have more. A list that finds "
               "few of very many jobs ends after 2 seconds, or 500,000 that it has looked at; on "
               "PostgreSQL, states but `done` lead straight to their jobs.",
           .examples = {{"job list", "the newest 100 jobs"},
                        {"job list --state failed,aborted --since 1h",
                         "what went wrong within the last hour"},
                        {"job list --before 4711", "the 100 before job 4711"},
                        {"job list --task images.resize --limit 1000 --json | jq .id",
                         "for programs: one object a line"}}},
      .make = []() -> std::unique_ptr<Command> { return std::make_unique<JobList>(); }};
}

}  // namespace stint::cli
