#include "runtime/worker_events.hpp"
#include <algorithm>
#include <exception>
#include <utility>
#include "base/log.hpp"

namespace stint {
namespace {

using Kind = WorkerEventKind;

/// What an end was that the store has taken: the job's state tells more than the outcome, which
/// knows of no abort that came meanwhile, and of no limit.
Kind kind_of(Outcome outcome, JobState now) {
  switch (now) {
    case JobState::kDone:
      return Kind::kDone;
    case JobState::kFailed:
      return Kind::kFailed;
    case JobState::kAborted:
      return Kind::kAborted;
    default:  // it goes on
      break;
  }
  if (outcome == Outcome::kSnoozed) return Kind::kSnoozed;
  return is_failure(outcome) ? Kind::kRetry : Kind::kInterrupted;
}

/// What is kept of a job until its end is written.
ClaimedJob without_arguments(const ClaimedJob& job) {
  ClaimedJob kept;
  kept.id = job.id;
  kept.epoch = job.epoch;
  kept.attempts = job.attempts;
  kept.domain = job.domain;
  kept.task = job.task;
  kept.metadata = job.metadata;
  return kept;
}

void call_listener(const std::function<void(const WorkerEvent&)>& listener,
                   const WorkerEvent& event) {
  try {
    listener(event);
  } catch (const std::exception& error) {
    log_error("hooks", "on_event threw for \"{}\" of job {}: {}", to_string(event.kind),
              event.job.value, error.what());
  } catch (...) {
    log_error("hooks", "on_event threw for \"{}\" of job {}", to_string(event.kind),
              event.job.value);
  }
}

}  // namespace

std::shared_ptr<WorkerEvents> WorkerEvents::make(WorkerEventsOptions options,
                                                 const std::shared_ptr<const RunEnvironment>& to,
                                                 const Clock& clock) {
  if (!options.on_event && to->registry->failed_hooks().empty()) return nullptr;
  return std::make_shared<WorkerEvents>(std::move(options), to, clock);
}

WorkerEvents::WorkerEvents(WorkerEventsOptions options,
                           std::shared_ptr<const RunEnvironment> environment, const Clock& clock)
    : options_(std::move(options)),
      clock_(clock),
      hooks_(std::move(environment)),
      events_(options_.most_events,
              [this](WorkerEvent& event) { call_listener(options_.on_event, event); }),
      failures_(options_.most_failures, [this](FailedAttempt& attempt) { hooks_.call(attempt); }) {}

// --- Of the worker ------------------------------------------------------------------------------

void WorkerEvents::registered(WorkerId worker) {
  worker_ = worker.value;
  tell(event_of(Kind::kRegistered));
}

void WorkerEvents::lease_lost() { tell(event_of(Kind::kLeaseLost)); }

void WorkerEvents::rescued(WorkerId other, const RescueResult& result) {
  WorkerEvent event = event_of(Kind::kRescued);
  event.rescued = other;
  event.crashed = result.crashed;
  event.interrupted = result.interrupted;
  event.failed = result.failed;
  tell(std::move(event));
}

void WorkerEvents::left() { tell(event_of(Kind::kLeft)); }

// --- Of an attempt ------------------------------------------------------------------------------

void WorkerEvents::started(const ClaimedJob& job) {
  if (!listens()) return;
  WorkerEvent event = event_of(Kind::kStarted, job);
  const MutexLock lock{mutex_};
  running_.insert({job.id, job.epoch});
  tell_locked(std::move(event));
}

void WorkerEvents::progressed(const ClaimedJob& job, const Activity& activity) {
  if (!listens() || !activity.progress) return;
  WorkerEvent event = event_of(Kind::kProgress, job);
  event.progress = activity.progress;
  event.message = activity.progress_message;
  const MutexLock lock{mutex_};
  if (running_.contains({job.id, job.epoch})) tell_locked(std::move(event));
}

void WorkerEvents::ended(const ClaimedJob& job, const Completion& end) {
  if (!listens() && !is_failure(end.outcome)) return;
  const MutexLock lock{mutex_};
  running_.erase({job.id, job.epoch});
  unwritten_.insert_or_assign(StartedJob{job.id, job.epoch}, without_arguments(job));
}

void WorkerEvents::written(const Completion& end, std::optional<JobState> now) {
  ClaimedJob job;
  {
    const MutexLock lock{mutex_};
    auto ended = unwritten_.extract(StartedJob{end.id, end.epoch});
    if (ended.empty()) return;
    job = std::move(ended.mapped());
  }
  if (now && is_failure(end.outcome) && !hooks_.empty()) {
    tell_of_failure(describe_failure(job, end, *now));
  }
  if (!listens()) return;
  WorkerEvent event = event_of(now ? kind_of(end.outcome, *now) : Kind::kFenced, job);
  event.ran_for = end.ran_for;
  if (event.kind == Kind::kRetry || event.kind == Kind::kSnoozed) event.delay = end.delay;
  if (now) {
    event.cause = event.kind == Kind::kAborted ? "aborted" : end.cause;
    event.message = describe_failure(job, end, *now).message();
  }
  tell(std::move(event));
}

void WorkerEvents::lost(const ClaimedJob& job) {
  if (!listens()) return;
  WorkerEvent event = event_of(Kind::kFenced, job);
  const MutexLock lock{mutex_};
  running_.erase({job.id, job.epoch});
  tell_locked(std::move(event));
}

// --- Delivery -----------------------------------------------------------------------------------

WorkerEvent WorkerEvents::event_of(Kind kind) const {
  return {.kind = kind, .at = clock_.system_now(), .worker = WorkerId{worker_}};
}

WorkerEvent WorkerEvents::event_of(Kind kind, const ClaimedJob& job) const {
  WorkerEvent event = event_of(kind);
  event.job = job.id;
  event.epoch = job.epoch;
  event.task = job.task;
  event.domain = job.domain;
  event.attempt = job.attempts + 1;
  return event;
}

void WorkerEvents::tell(WorkerEvent event) {
  if (!listens()) return;
  const MutexLock lock{mutex_};
  tell_locked(std::move(event));
}

void WorkerEvents::tell_locked(WorkerEvent event) {
  event.dropped = dropped_events_;
  dropped_events_ = events_.add(std::move(event)) ? 0 : dropped_events_ + 1;
}

void WorkerEvents::tell_of_failure(FailedAttempt attempt) {
  std::uint64_t dropped = 0;
  {
    const MutexLock lock{mutex_};
    if (failures_.add(std::move(attempt))) {
      dropped = std::exchange(dropped_failures_, 0);
    } else if (++dropped_failures_ == 1) {
      log_warning("hooks",
                  "on_failed is too slow: {} failures wait for it, and those that follow are "
                  "dropped",
                  options_.most_failures);
    }
  }
  if (dropped > 0) log_warning("hooks", "on_failed was not called for {} failures", dropped);
}

void WorkerEvents::close(std::chrono::nanoseconds patience) noexcept {
  const auto until = clock_.boot_now() + patience;
  const auto left = [&] {
    return std::max(until - clock_.boot_now(), std::chrono::nanoseconds{0});
  };
  const std::size_t failures = failures_.close(left());
  const std::size_t events = events_.close(left());
  if (failures > 0) log_warning("hooks", "on_failed was not called for {} failures", failures);
  if (events > 0) log_warning("hooks", "on_event was not called for {} events", events);
}

}  // namespace stint
