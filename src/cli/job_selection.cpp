#include "cli/job_selection.hpp"
#include <unistd.h>
#include <algorithm>
#include <array>
#include <fmt/format.h>
#include "cli/context.hpp"
#include "cli/job_filter_options.hpp"
#include "cli/json_line.hpp"
#include "cli/progress_line.hpp"
#include "core/store.hpp"
#include "stint/error.hpp"

namespace stint::cli {
namespace {

using Kind = OperationResult::Kind;

// Arguments and outputs come with each job of a list: a MiB each at most.
constexpr int kPageSelected = 200;

// What a derived state is stored as.
JobState stored(JobState state) {
  switch (state) {
    case JobState::kScheduled:
      return JobState::kQueued;
    case JobState::kBlocked:
      return JobState::kGated;
    case JobState::kAborting:
      return JobState::kRunning;
    default:
      return state;
  }
}

bool takes(const JobOperation& operation, JobState state) {
  return std::ranges::find(operation.states, stored(state)) != operation.states.end();
}

std::string list_of(std::span<const JobState> states) {
  std::string list;
  for (const JobState state : states) {
    list += fmt::format("{}{}", list.empty() ? "" : ", ", to_string(state));
  }
  return list;
}

std::string_view kind_name(const JobOutcome& outcome, std::string_view done) {
  if (!outcome.problem.empty()) return "refused";
  switch (outcome.result.kind) {
    case Kind::kChanged:
      return done;
    case Kind::kNotFound:
      return "not_found";
    case Kind::kWrongState:
      return "wrong_state";
    case Kind::kStale:
      return "moved";
  }
  return "";
}

void print(Context& context, JobId id, const JobOutcome& outcome, std::string_view done) {
  if (context.json()) {
    JsonLine line;
    line.number("id", id.value).text("outcome", kind_name(outcome, done));
    line.text_or_null("state", outcome.result.state ? to_string(*outcome.result.state) : "");
    if (!outcome.problem.empty()) line.text("problem", outcome.problem);
    context.output().line(line.str());
    return;
  }
  std::string text{kind_name(outcome, done)};
  if (!outcome.problem.empty()) {
    text = fmt::format("refused: {}", printable(outcome.problem));
  } else if (outcome.result.kind == Kind::kNotFound) {
    text = "not found";
  } else if (outcome.result.kind == Kind::kWrongState) {
    text = fmt::format("{}: left alone", to_string(*outcome.result.state));
  } else if (outcome.result.kind == Kind::kStale) {
    text = "changed by others again and again: left alone";
  }
  context.output().line(fmt::format("{} {}", id.value, text));
}

/// Read one line of the terminal, without its end.
std::string read_answer() {
  std::string line;
  char letter = 0;
  while (::read(STDIN_FILENO, &letter, 1) == 1 && letter != '\n') line += letter;
  return line;
}

}  // namespace

/// What became of all.
struct JobSelection::Tally {
  static constexpr std::int64_t kMostNamed = 10;

  std::int64_t changed = 0;
  std::int64_t refused = 0;
  std::int64_t missing = 0;
  std::string missing_ids = {};  ///< the first of them, for a message

  void add(JobId id, const JobOutcome& outcome) {
    const Kind kind = outcome.result.kind;
    if (kind == Kind::kNotFound) {
      if (missing < kMostNamed) {
        missing_ids += fmt::format("{}{}", missing > 0 ? ", " : "", id.value);
      } else if (missing == kMostNamed) {
        missing_ids += ", ...";
      }
      ++missing;
    } else if (kind == Kind::kChanged && outcome.problem.empty()) {
      ++changed;
    } else {
      ++refused;
    }
  }
  std::int64_t sum() const { return changed + refused + missing; }
  int exit_code() const { return refused > 0 ? 1 : 0; }
};

void JobSelection::declare(OptionTable& options, std::string_view verb) {
  declare_job_filter(options, filter_);
  options.flag({"--yes", "-y"}, yes_,
               fmt::format("{} all that the filter finds without asking", verb));
  options.flag({"--dry-run"}, dry_run_, "change nothing; say what would become of each job");
}

void JobSelection::add_id(std::string_view text) { ids_.push_back(parse_job_id(text)); }

void JobSelection::check(const JobOperation& operation) const {
  if (ids_.empty() && !has_job_filter(filter_)) {
    throw Error{ErrorCode::kUsage,
                fmt::format("which jobs? Give their numbers, or a filter such as --state {}",
                            to_string(operation.states.front()))};
  }
  if (!ids_.empty() && has_job_filter(filter_)) {
    throw Error{ErrorCode::kUsage, "give the numbers of jobs, or a filter, not both"};
  }
  for (const JobState state : filter_.states) {
    if (takes(operation, state)) continue;
    throw Error{ErrorCode::kUsage,
                fmt::format("--state: one cannot {} {} jobs, only {} ones; {}", operation.verb,
                            to_string(state), list_of(operation.states), operation.way_out)};
  }
}

// Downwards from the newest that there was at the beginning: it ends, whatever others enqueue.
template <typename Page>
void JobSelection::each_page(Context& context, Page&& page) {
  filter_.limit = kPageSelected;
  filter_.before = newest_ ? JobId{newest_.value + 1} : JobId{};
  for (;;) {
    JobPage found = context.store().list_page(filter_);
    if (!found.jobs.empty() && !newest_) newest_ = found.jobs.front().id;
    page(found.jobs);
    if (!found.next) return;
    filter_.before = *found.next;
  }
}

std::int64_t JobSelection::count(Context& context) {
  std::int64_t jobs = 0;
  ProgressLine progress{context.terminal().error_is_terminal, "found", 0};
  each_page(context, [&](std::span<const JobRecord> page) {
    jobs += std::ssize(page);
    progress.update(static_cast<std::size_t>(jobs));
  });
  return jobs;
}

bool JobSelection::is_confirmed(Context& context, const JobOperation& operation,
                                std::int64_t count) const {
  const std::string what = fmt::format("{} {} job{} of {}", operation.verb, count,
                                       count == 1 ? "" : "s", context.store_name());
  if (::isatty(STDIN_FILENO) == 0 || !context.terminal().error_is_terminal) {
    throw Error{ErrorCode::kUsage,
                fmt::format("this would {}; give --yes to do it, or --dry-run to see which", what)};
  }
  const std::string question = fmt::format("{}? [y/N] ", what);
  static_cast<void>(::write(STDERR_FILENO, question.data(), question.size()) < 0);
  const std::string answer = read_answer();
  return answer == "y" || answer == "Y" || answer == "yes";
}

std::vector<JobOutcome> JobSelection::foresee(Context& context, const JobOperation& operation,
                                              std::span<const ChosenJob> jobs) const {
  std::vector<JobId> ids;
  for (const ChosenJob& job : jobs) ids.push_back(job.id);
  std::vector<JobOutcome> outcomes;
  for (const std::optional<JobState>& state : context.store().job_states(ids)) {
    Kind kind = Kind::kNotFound;
    if (state) kind = takes(operation, *state) ? Kind::kChanged : Kind::kWrongState;
    outcomes.push_back({.result = {.kind = kind, .state = state}});
  }
  return outcomes;
}

void JobSelection::operate(Context& context, const JobOperation& operation,
                           std::span<const ChosenJob> jobs, Tally& tally) const {
  if (jobs.empty()) return;
  std::vector<JobOutcome> outcomes;
  try {
    outcomes = dry_run_ ? foresee(context, operation, jobs) : operation.run(jobs);
  } catch (const Error& error) {
    if (tally.sum() == 0) throw;
    throw Error{error.code(), fmt::format("{}\n{} jobs had been {} before", error.what(),
                                          tally.changed, operation.done)};
  }
  const std::string done =
      dry_run_ ? fmt::format("would be {}", operation.done) : std::string{operation.done};
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    tally.add(jobs[i].id, outcomes[i]);
    print(context, jobs[i].id, outcomes[i], done);
  }
}

// On standard error, where it is in nobody's way; of one job given by its number its line says all,
// unless that needs a way out.
void JobSelection::tell(Context& context, const JobOperation& operation, const Tally& tally) const {
  if (is_single() && tally.refused == 0) return;
  context.output().flush();
  const std::string_view done = dry_run_ ? "would be " : "";
  if (context.json()) {
    JsonLine line;
    line.number(operation.done, tally.changed)
        .number("refused", tally.refused)
        .number("not_found", tally.missing)
        .boolean("dry_run", dry_run_);
    context.note(line.str());
    return;
  }
  if (is_single()) return context.note(operation.way_out);
  std::string text = fmt::format("{}{} {}", done, operation.done, tally.changed);
  if (tally.refused > 0) text += fmt::format(", left {} alone", tally.refused);
  if (tally.missing > 0) text += fmt::format(", not found {}", tally.missing);
  if (tally.refused > 0) text += fmt::format("; {}", operation.way_out);
  context.note(text);
}

int JobSelection::run(Context& context, const JobOperation& operation) {
  check(operation);
  const bool is_filter = ids_.empty();
  if (is_filter && filter_.states.empty()) filter_.states = operation.states;
  std::size_t total = ids_.size();
  if (is_filter && !yes_ && !dry_run_) {
    const std::int64_t found = count(context);
    if (found == 0) {
      context.note("no job fits; nothing was changed");
      return 0;
    }
    if (!is_confirmed(context, operation, found)) {
      context.note("nothing was changed");
      return 1;
    }
    total = static_cast<std::size_t>(found);
  }
  Tally tally;
  {
    // Where the results are shown on the terminal, they are the progress.
    const Terminal& terminal = context.terminal();
    ProgressLine progress{terminal.error_is_terminal && !terminal.output_is_terminal,
                          std::string{operation.done}, total};
    std::vector<ChosenJob> jobs;
    const auto send = [&] {
      operate(context, operation, jobs, tally);
      jobs.clear();
      progress.update(static_cast<std::size_t>(tally.sum()));
    };
    for (const JobId id : ids_) {
      jobs.push_back({.id = id});
      if (jobs.size() == kPageSelected) send();
    }
    send();
    if (is_filter) {
      each_page(context, [&](std::vector<JobRecord>& page) {
        for (JobRecord& job : page) jobs.push_back({.id = job.id, .record = std::move(job)});
        send();
      });
    }
  }
  tell(context, operation, tally);
  if (!tally.missing_ids.empty()) {
    context.output().flush();
    throw Error{ErrorCode::kNotFound,
                fmt::format("there is no job {} in {}", tally.missing_ids, context.store_name())};
  }
  return tally.exit_code();
}

}  // namespace stint::cli
