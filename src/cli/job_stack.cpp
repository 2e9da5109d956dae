// `job stack`: where a running job is.
#include <chrono>
#include <optional>
#include <string>
#include <vector>
#include <fmt/format.h>
#include "base/clock.hpp"
#include "base/duration.hpp"
#include "base/mutex.hpp"
#include "cli/command.hpp"
#include "cli/context.hpp"
#include "cli/job_view.hpp"
#include "cli/json_line.hpp"
#include "cli/read_value.hpp"
#include "core/stack_answer.hpp"
#include "core/store.hpp"
#include "stint/error.hpp"

namespace stint::cli {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;

constexpr int kPageStackLines = 1000;
constexpr milliseconds kStackPause{50};
constexpr std::chrono::seconds kUntilNoted{1};

void rest() {
  Mutex mutex;
  CondVar nobody_signals;
  MutexLock lock{mutex};
  nobody_signals.wait_for(lock, kStackPause);
}

/// Collect the answer to a look out of the job's log, as it comes.
class Answer final {
 public:
  Answer(Store& store, JobId id, const AskedStacks& asked)
      : store_(store), id_(id), look_(asked.look), next_(asked.last_line + 1) {}

  /// Read what is new. True: all of it is there.
  bool read() {
    for (;;) {
      const std::vector<JobLogLine> lines = store_.read_log(id_, next_, kPageStackLines);
      for (const JobLogLine& line : lines) {
        if (line.source == LogSource::kStack && take(line)) return true;
      }
      if (!lines.empty()) next_ = lines.back().number + 1;
      if (lines.size() < kPageStackLines) return false;
    }
  }

  const std::vector<JobLogLine>& lines() const { return lines_; }

 private:
  bool take(const JobLogLine& line) {
    // A later look than ours, which another asked for, answers ours as well.
    if (const auto begin = parse_begin_of_stacks(line.text)) {
      is_ours_ = *begin >= look_;
      lines_.clear();
    } else if (parse_end_of_stacks(line.text)) {
      return is_ours_;
    } else if (is_ours_) {
      lines_.push_back(line);
    }
    return false;
  }

  Store& store_;
  const JobId id_;
  const int look_;
  std::int64_t next_;
  bool is_ours_ = false;
  std::vector<JobLogLine> lines_;
};

class JobStack final : public Command {
 public:
  void declare(OptionTable& options, Context& /*context*/,
               std::span<const std::string> /*words*/) override {
    options.positional("ID", id_, "the job's number");
    options.add({.names = {"--timeout"},
                 .value = "DURATION",
                 .help = "how long to wait for its worker at most",
                 .default_text = "10s",
                 .set = [this](std::string_view text) { timeout_ = read_duration(text); }});
  }

  int run(Context& context) override {
    const JobId id = parse_job_id(id_);
    const AskedStacks asked = ask(context, id);
    Answer answer{context.store(), id, asked};
    wait(context, id, asked, answer);
    for (const JobLogLine& line : answer.lines()) print(context, line);
    return 0;
  }

 private:
  static AskedStacks ask(Context& context, JobId id) {
    std::optional<AskedStacks> asked = context.store().ask_stacks(id);
    if (!asked) static_cast<void>(context.find_job(id));  // throws
    if (asked && asked->look > 0) return *asked;
    const JobState state = asked ? asked->state : JobState::kQueued;
    throw Error{ErrorCode::kFailed,
                fmt::format("job {} does not run: it is {}", id.value, to_string(state))};
  }

  void wait(Context& context, JobId id, const AskedStacks& asked, Answer& answer) const {
    const nanoseconds start = real_clock().boot_now();
    bool is_noted = false;
    for (;;) {
      try {
        if (is_answered(context, id, asked, answer)) return;
      } catch (const Error& error) {
        if (!error.retryable()) throw;  // an outage is waited out
      }
      const nanoseconds waited = real_clock().boot_now() - start;
      if (waited >= timeout_) throw no_answer(context, id, asked);
      if (!is_noted && waited >= kUntilNoted) {
        is_noted = true;
        context.note(fmt::format("waiting for worker {}, up to {}", asked.worker.value,
                                 format_duration(timeout_)));
      }
      rest();
    }
  }

  static bool is_answered(Context& context, JobId id, const AskedStacks& asked, Answer& answer) {
    const JobRecord job = context.find_job(id);
    if (answer.read()) return true;
    const bool runs = job.state == JobState::kRunning || job.state == JobState::kAborting;
    if (runs && job.epoch == asked.epoch) return false;
    throw Error{ErrorCode::kFailed,
                fmt::format("job {} ended before its stacks were read: it is {}", id.value,
                            to_string(job.state))};
  }

  Error no_answer(Context& context, JobId id, const AskedStacks& asked) const {
    std::string about = fmt::format("worker {}", asked.worker.value);
    for (const WorkerRecord& worker : context.store().list_workers(false)) {
      if (worker.id != asked.worker) continue;
      about += fmt::format(" on {} (process {}, {}, last heard of {} ago)", worker.info.host,
                           worker.info.pid,
                           worker.state == WorkerState::kAlive ? "not known to be dead" : "dead",
                           short_duration(context.store().status().now - worker.beat_at));
    }
    return Error{ErrorCode::kBusy,
                 fmt::format("no stack of job {} after {}: {} did not answer; it may be dead or "
                             "cut off, or the job may wait in it for its turn",
                             id.value, format_duration(timeout_), about)};
  }

  static void print(Context& context, const JobLogLine& line) {
    if (context.json()) {
      JsonLine object;
      object.number("number", line.number)
          .number("attempt", std::int64_t{line.attempt})
          .raw("at", time_json(line.at))
          .text("text", line.text);
      context.output().line(object.str());
    } else {
      context.output().line(printable(line.text));
    }
  }

  std::string id_;
  milliseconds timeout_ = std::chrono::seconds{10};
};

}  // namespace

CommandEntry job_stack_entry() {
  return {
      .text = {.name = "job stack",
               .summary = "Print where a running job is",
               .description =
                   "The stack of each thread of the job's process and of what it has started, the "
                   "innermost frame first: function, source line where it is known, module and "
                   "offset. The job's worker looks, on whatever machine it runs, within half a "
                   "second; the job goes on. For a task on a thread of its worker, the stack of "
                   "that thread. The answer stays in the job's log, marked `stack`.",
               .examples = {{"job stack 42", "where job 42 hangs"},
                            {"job stack 42 --timeout 1m", "its worker may be slow to answer"}},
               .exit_codes = {{1, "the job does not run"},
                              {3, "there is no such job"},
                              {75, "its worker did not answer in time"}}},
      .make = []() -> std::unique_ptr<Command> { return std::make_unique<JobStack>(); }};
}

}  // namespace stint::cli
