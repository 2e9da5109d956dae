#include "cli/job_filter_options.hpp"
#include <array>
#include <fmt/format.h>
#include "base/nearest.hpp"
#include "cli/read_value.hpp"
#include "stint/error.hpp"

namespace stint::cli {
namespace {

constexpr std::array kEveryState = {JobState::kQueued,    JobState::kGated,   JobState::kRunning,
                                    JobState::kDone,      JobState::kFailed,  JobState::kAborted,
                                    JobState::kScheduled, JobState::kBlocked, JobState::kAborting};

JobState state_of(std::string_view name) {
  if (const std::optional<JobState> state = parse_job_state(name)) return *state;
  std::vector<std::string_view> names;
  std::string list;
  for (const JobState state : kEveryState) {
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

}  // namespace

void declare_job_filter(OptionTable& options, JobFilter& filter) {
  options.add({.names = {"--state"},
               .value = "STATE,...",
               .help = "only jobs in one of these states: queued, scheduled, gated, blocked, "
                       "running, aborting, done, failed, aborted",
               .repeats = true,
               .set = [&filter](std::string_view text) { add_states(text, filter.states); }});
  options.text({"--task"}, "TASK", filter.task, "only jobs of this task");
  options.text({"--domain"}, "NAME", filter.domain, "only jobs of this domain");
  options.text({"--tag"}, "TAG", filter.tag, "only jobs with this tag");
  options.add(
      {.names = {"--since", "--created-within"},
       .value = "DURATION",
       .help = "only jobs enqueued within this time: 90s, 1h, 2d, P1D",
       .set = [&filter](std::string_view text) { filter.created_within = read_duration(text); }});
}

bool has_job_filter(const JobFilter& filter) {
  return !filter.states.empty() || !filter.task.empty() || !filter.domain.empty() ||
         !filter.tag.empty() || filter.created_within.has_value();
}

}  // namespace stint::cli
