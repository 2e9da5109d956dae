// `job update`: change jobs that have not begun.
#include <limits>
#include <map>
#include <optional>
#include <utility>
#include <fmt/format.h>
#include "base/duration.hpp"
#include "base/time_format.hpp"
#include "cli/argument_changes.hpp"
#include "cli/command.hpp"
#include "cli/context.hpp"
#include "cli/job_selection.hpp"
#include "cli/read_value.hpp"
#include "core/declaration_check.hpp"
#include "core/store.hpp"
#include "stint/error.hpp"

namespace stint::cli {
namespace {

using Kind = OperationResult::Kind;

// Each time somebody else has changed the job meanwhile.
constexpr int kMostTries = 10;
// One call carries no more bytes than so, but for one job.
constexpr std::size_t kMostBytes = std::size_t{16} << 20U;

std::size_t bytes_of(const NewArguments& arguments) {
  std::size_t bytes = arguments.args.size();
  for (const std::string& data : arguments.attachments) bytes += data.size();
  return bytes;
}

class JobUpdateCommand final : public Command {
 public:
  void declare(OptionTable& options, Context& /*context*/,
               std::span<const std::string> /*words*/) override;
  int run(Context& context) override;

 private:
  void set_time(std::string_view text);
  std::vector<JobOutcome> change(Context& context, ArgumentChanges& arguments,
                                 std::span<const ChosenJob> jobs);
  JobOutcome plan(Context& context, ArgumentChanges& arguments, const ChosenJob& job, bool is_first,
                  std::optional<JobUpdate>& update);
  void send(Context& context, std::map<JobId, JobOutcome>& outcomes);

  JobSelection selection_;
  std::optional<int> priority_;
  std::optional<StoreTime> run_at_;
  std::optional<milliseconds> delay_;
  std::vector<std::string> words_;
  std::vector<std::string> cleared_;
  // What goes to the store next.
  std::vector<JobUpdate> updates_;
  std::size_t bytes_ = 0;
};

void JobUpdateCommand::declare(OptionTable& options, Context& /*context*/,
                               std::span<const std::string> /*words*/) {
  options.add_positional(
      {.name = "ID|ARGUMENT",
       .help = "the numbers of the jobs; key=value, key:=JSON or key=@FILE for arguments to "
               "replace: the others stay",
       .is_required = false,
       .repeats = true,
       .set = [this](std::string_view text) {
         if (text.find('=') == std::string_view::npos) {
           selection_.add_id(text);
         } else {
           words_.emplace_back(text);
         }
       }});
  options.integer({"--priority", "-p"}, priority_, std::numeric_limits<std::int16_t>::min(),
                  std::numeric_limits<std::int16_t>::max(),
                  "the higher runs first, -32768 to 32767");
  options.add({.names = {"--at", "--run-at"},
               .value = "TIME",
               .help = "start no earlier: now, +5m, 2026-11-21T12:00:00Z, 2026-11-21 12:00 (UTC)",
               .set = [this](std::string_view text) { set_time(text); }});
  options.add({.names = {"--delay"},
               .value = "DURATION",
               .help = "start no earlier than so long from now: 30s, 2h",
               .set = [this](std::string_view text) { delay_ = read_duration(text); }});
  options.list({"--clear-arg"}, "NAME", cleared_,
               "take an argument away, so that it has its default");
  selection_.declare(options, "change");
}

void JobUpdateCommand::set_time(std::string_view text) {
  constexpr std::chrono::sys_days kFirst = std::chrono::year{1970} / 1 / 1;
  constexpr std::chrono::sys_days kLast = std::chrono::year{2200} / 1 / 1;
  if (text == "now" || text.starts_with('+')) {  // by the store's clock, not by ours
    delay_ = text == "now" ? milliseconds{0} : read_duration(text.substr(1));
    return;
  }
  run_at_ = parse_time(text);
  if (!run_at_) {
    throw Error{ErrorCode::kUsage, fmt::format("\"{}\" is no time; give {}", text, kTimeForms)};
  }
  if (*run_at_ < kFirst || *run_at_ > kLast) {
    throw Error{ErrorCode::kUsage, fmt::format("\"{}\" is out of range: 1970 to 2199", text)};
  }
}

// What is to change of one job; or what became of it without a change.
JobOutcome JobUpdateCommand::plan(Context& context, ArgumentChanges& arguments,
                                  const ChosenJob& job, bool is_first,
                                  std::optional<JobUpdate>& update) {
  update = JobUpdate{.id = job.id, .priority = priority_, .run_at = run_at_, .delay = delay_};
  if (arguments.empty()) return {};
  // What a list had is as good as what is read now: if it is old, the store says so.
  const std::optional<JobRecord> record =
      is_first && job.record ? job.record : context.store().find_job(job.id);
  if (!record) {
    update.reset();
    return {};
  }
  if (is_final(record->state) || record->state == JobState::kRunning ||
      record->state == JobState::kAborting) {
    update.reset();
    return {.result = {.kind = Kind::kWrongState, .state = record->state}};
  }
  EnqueueOptions due;
  due.run_at = run_at_;
  if (delay_) {
    due.delay = *delay_;
  } else if (!run_at_) {
    due.run_at = record->run_at;
  }
  try {
    update->arguments = arguments.apply(*record, due);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kInvalid || selection_.is_single()) throw;
    update.reset();
    return {.result = {.kind = Kind::kWrongState, .state = record->state}, .problem = error.what()};
  }
  return {};
}

void JobUpdateCommand::send(Context& context, std::map<JobId, JobOutcome>& outcomes) {
  const std::vector<OperationResult> results = context.store().update_jobs(updates_);
  for (std::size_t i = 0; i < updates_.size(); ++i) {
    outcomes[updates_[i].id] = {.result = results[i]};
  }
  updates_.clear();
  bytes_ = 0;
}

std::vector<JobOutcome> JobUpdateCommand::change(Context& context, ArgumentChanges& arguments,
                                                 std::span<const ChosenJob> jobs) {
  std::map<JobId, JobOutcome> outcomes;
  for (int tries = 1; tries <= kMostTries; ++tries) {
    for (const ChosenJob& job : jobs) {
      const auto known = outcomes.find(job.id);
      if (known != outcomes.end() && (tries == 1 || known->second.result.kind != Kind::kStale)) {
        continue;
      }
      std::optional<JobUpdate> update;
      outcomes[job.id] = plan(context, arguments, job, tries == 1, update);
      if (!update) continue;
      const std::size_t bytes = update->arguments ? bytes_of(*update->arguments) : 0;
      if (bytes_ > 0 && bytes_ + bytes > kMostBytes) send(context, outcomes);
      bytes_ += bytes;
      updates_.push_back(*std::move(update));
    }
    if (updates_.empty()) break;
    send(context, outcomes);
  }
  std::vector<JobOutcome> ordered;
  ordered.reserve(jobs.size());
  for (const ChosenJob& job : jobs) ordered.push_back(outcomes.at(job.id));
  return ordered;
}

int JobUpdateCommand::run(Context& context) {
  ArgumentChanges arguments{context, std::move(words_), std::move(cleared_)};
  if (arguments.empty() && !priority_ && !run_at_ && !delay_) {
    throw Error{ErrorCode::kUsage,
                "nothing to change: give --priority, --at, --delay, or arguments as key=value"};
  }
  if (run_at_ && delay_) {
    throw Error{ErrorCode::kUsage, "--at and --delay are both given: leave one of them out"};
  }
  if (delay_ && *delay_ > kLongestDuration) {
    throw Error{ErrorCode::kUsage,
                fmt::format("the delay is longer than {}", format_duration(kLongestDuration))};
  }
  return selection_.run(
      context,
      {.verb = "change",
       .done = "changed",
       .states = {JobState::kQueued, JobState::kGated},
       .way_out = "only jobs that wait can be changed; `job retry` queues those that have ended",
       .run = [&](std::span<const ChosenJob> jobs) { return change(context, arguments, jobs); }});
}

}  // namespace

CommandEntry job_update_entry() {
  return {
      .text =
          {.name = "job update",
           .summary = "Change priority, time or arguments of jobs that wait",
           .description =
               "Of jobs that are queued, scheduled or wait for a condition, also for their next "
               "attempt. One that a worker has taken is left alone. New arguments are checked "
               "against the task as at an enqueue; those that are not given stay as they are. Jobs "
               "that a filter finds are changed after a question, or with --yes.",
           .examples = {{"job update 42 --priority 10", "before the others"},
                        {"job update 42 --at now", "no longer scheduled, or waiting for its retry"},
                        {"job update 42 width=800 'sizes:=[1,2]'", "two of its arguments"},
                        {"job update --task images.resize --state queued --delay 2h --yes",
                         "all of a task, later"}},
           .exit_codes = {{0, "every job is changed"},
                          {1,
                           "some run or have ended, or their arguments would not fit, and were "
                           "left alone; or you said no"},
                          {3, "some do not exist; the others were changed"}}},
      .make = []() -> std::unique_ptr<Command> { return std::make_unique<JobUpdateCommand>(); }};
}

}  // namespace stint::cli
