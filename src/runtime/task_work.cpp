#include "runtime/task_work.hpp"
#include <algorithm>
#include <functional>
#include <thread>
#include <utility>
#include <fmt/format.h>
#include "base/clock.hpp"
#include "base/duration.hpp"
#include "base/mutex.hpp"
#include "runtime/job_run.hpp"
#include "stint/error.hpp"

namespace stint {
namespace {

using std::chrono::nanoseconds;

/// Ask a run to stop at its timeout, when its lock is lost, and when this process must end.
class RunStops final {
 public:
  RunStops(JobRun& run, const std::stop_token& shutdown, const std::stop_token& lost)
      : run_(run),
        on_shutdown_(shutdown, [&run] { run.request_stop(StopReason::kShutdown, "told to end"); }),
        on_loss_(lost, [&run] { run.request_stop(StopReason::kLost, "the lock is lost"); }) {
    if (run.deadline()) timer_ = std::thread{[this] { watch(*run_.deadline()); }};
  }
  ~RunStops() {
    {
      const MutexLock lock{mutex_};
      is_over_ = true;
      changed_.notify_all();
    }
    if (timer_.joinable()) timer_.join();
  }
  RunStops(const RunStops&) = delete;
  RunStops& operator=(const RunStops&) = delete;

 private:
  void watch(nanoseconds deadline) {
    // The condition's clock stands still while the machine sleeps.
    constexpr nanoseconds kPiece = std::chrono::seconds{1};
    MutexLock lock{mutex_};
    while (!is_over_) {
      const nanoseconds left = deadline - real_clock().boot_now();
      if (left <= nanoseconds{0}) {
        lock.unlock();
        run_.request_stop(StopReason::kTimeout, "ran longer than its timeout");
        return;
      }
      changed_.wait_for(lock, std::min(left, kPiece));
    }
  }

  JobRun& run_;
  const std::stop_callback<std::function<void()>> on_shutdown_;
  const std::stop_callback<std::function<void()>> on_loss_;
  Mutex mutex_;
  CondVar changed_;
  bool is_over_ STINT_GUARDED_BY(mutex_) = false;
  std::thread timer_;
};

std::optional<ProcessSlot> make_slot(const TaskWorkOptions& options) {
  if (!options.processes) return std::nullopt;
  const nanoseconds grace = options.environment->grace;
  return std::optional<ProcessSlot>{std::in_place,
                                    options.processes,
                                    options.environment->registry,
                                    options.host,
                                    ProcessSlotOptions{.grace = grace,
                                                       // The lock's own times end it sooner.
                                                       .grace_of_lost = grace,
                                                       .captures = false,
                                                       .ends_all = true},
                                    real_clock()};
}

std::string_view reason_text(StopReason reason) {
  return reason == StopReason::kLost ? "the lock was lost" : "told to end";
}

}  // namespace

RunReport report_of(const Completion& end, StopReason reason) {
  RunReport report;
  const std::string message = error_message(end);
  report.problem = message.empty() ? end.cause : fmt::format("{}: {}", end.cause, message);
  switch (end.outcome) {
    case Outcome::kDone:
      report.status = RunStatus::kSucceeded;
      report.problem.clear();
      break;
    case Outcome::kSnoozed:
      report.status = RunStatus::kPending;
      report.put_off = end.delay;
      report.problem = fmt::format("for {}", format_duration(end.delay));
      break;
    case Outcome::kInterrupted:
    case Outcome::kAborted:
      report.status = RunStatus::kInterrupted;
      report.problem = reason_text(reason);
      break;
    case Outcome::kFailed:
    case Outcome::kRejected:
    case Outcome::kCrashed:
      report.status = RunStatus::kFailed;
      break;
  }
  return report;
}

TaskWork::TaskWork(TaskWorkOptions options)
    : options_(std::move(options)),
      payload_(pack_payload(options_.args, options_.environment->limits,
                            "the arguments of " + options_.task.name)),
      slot_(make_slot(options_)),
      contexts_(options_.environment->registry->contexts(), options_.environment->settings,
                options_.environment->contexts),
      failed_hooks_(options_.environment) {}

TaskWork::~TaskWork() = default;

void TaskWork::start_ahead() {
  if (!slot_) return;
  try {
    slot_->start_ahead();
  } catch (const Error&) {  // NOLINT(bugprone-empty-catch): the first run meets it again
  }
}

RunReport TaskWork::run(const RunOrder& order) {
  ClaimedJob job;
  job.task = options_.task.name;
  job.args = payload_.text;
  job.has_attachments = !payload_.attachments.empty();
  job.timeout = options_.timeout;
  job.metadata = options_.metadata;
  JobRun run{std::move(job), options_.args, options_.host, real_clock()};
  run.set_lease({.token = order.token,
                 .deadline = options_.deadline.get(),
                 .descriptor = order.lock_descriptor});
  const RunStops stops{run, options_.stop, order.lost};
  Completion end = execute(run);
  const bool is_lost = order.lost.stop_requested() || options_.deadline->has_passed();
  if (end.outcome == Outcome::kCrashed && is_lost) {
    // Killed at the last moment, before it was asked: this process may have stood still.
    run.request_stop(StopReason::kLost, "the lock is lost");
    run.set_killed();
    end = {.id = end.id, .epoch = end.epoch, .outcome = Outcome::kInterrupted};
  }
  if (options_.on_end) options_.on_end(end, run.error_code());
  if (is_failure(end.outcome)) {
    failed_hooks_.call(describe_failure(run.job(), end, JobState::kFailed));
  }
  RunReport report = report_of(end, run.stop_reason());
  if (report.status == RunStatus::kInterrupted && run.was_killed()) {
    report.status = RunStatus::kKilled;
    report.problem += ", and it did not end in time";
  }
  report.was_lost = report.status != RunStatus::kSucceeded && is_lost;
  return report;
}

Completion TaskWork::execute(JobRun& run) {
  if (slot_) return slot_->execute(run, payload_.attachments);
  return execute_declared(run, options_.task, *options_.environment, contexts_);
}

}  // namespace stint
