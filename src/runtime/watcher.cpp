#include "runtime/watcher.hpp"
#include <algorithm>
#include <utility>
#include <fmt/format.h>
#include "base/duration.hpp"
#include "base/log.hpp"
#include "runtime/executor.hpp"

namespace stint {
namespace {

using std::chrono::nanoseconds;

// A shutdown's deaf tasks are the worker's to end; after a lost right nothing may be written
// anyway.
bool is_abandoned_when_deaf(const JobRun& run) {
  if (run.is_stopped_for_certain()) return false;
  const StopReason reason = run.stop_reason();
  return reason == StopReason::kTimeout || reason == StopReason::kAborted;
}

}  // namespace

Watcher::Watcher(Store& store, JobBoard& board, Slots& slots, LogBuffer& logs, Session& session,
                 WatchOptions options, const Clock& clock, TurnTime* turn)
    : store_(store),
      board_(board),
      slots_(slots),
      logs_(logs),
      session_(session),
      options_(std::move(options)),
      clock_(clock),
      turn_(turn),
      stack_looks_([this] { logs_.flush(store_); }) {}

void Watcher::look() {
  const Runs runs = slots_.running();
  stop_overdue(runs);
  abandon_deaf(runs);
  board_.give_back_stuck(options_.patience);
  deliver_requests(runs);
  report(runs);
  flush_logs();
}

nanoseconds Watcher::until_next_look() {
  nanoseconds next = options_.abort_look;
  const nanoseconds now = clock_.boot_now();
  for (const auto& run : slots_.running()) {
    if (const auto asked = run->stop_asked_at()) {
      if (is_abandoned_when_deaf(*run)) next = std::min(next, *asked + options_.grace - now);
    } else if (const auto deadline = run->deadline()) {
      next = std::min(next, *deadline - now);
    }
  }
  return std::max<nanoseconds>(next, std::chrono::milliseconds{1});
}

void Watcher::lease_lost() {
  for (const auto& run : slots_.running()) {
    const JobFlags flags = run->job().flags;
    if (flags.exclusive() || flags.at_most_once()) {
      log_warning("worker", "stopping job {}: the worker's lease was lost", run->id().value);
      run->request_stop(StopReason::kLost, "the worker's lease was lost");
    }
  }
}

void Watcher::stop_overdue(const Runs& runs) {
  const nanoseconds now = clock_.boot_now();
  for (const auto& run : runs) {
    if (run->deadline() && now >= *run->deadline()) {
      run->request_stop(StopReason::kTimeout, fmt::format("ran longer than its timeout of {}",
                                                          format_duration(run->job().timeout)));
    }
  }
}

void Watcher::abandon_deaf(const Runs& runs) {
  const nanoseconds now = clock_.boot_now();
  for (const auto& run : runs) {
    const auto asked = run->stop_asked_at();
    if (!asked || now - *asked < options_.grace) continue;
    if (!is_abandoned_when_deaf(*run)) continue;
    slots_.abandon(run, end_of_stopped(*run, slots_.registry(), "the task ignored the stop"));
  }
}

void Watcher::deliver_requests(const Runs& runs) {
  const JobRequests requests = ask_requests();
  if (!requests.aborts.empty()) deliver_aborts(runs, requests.aborts);
  look_at_stacks(runs, requests.stacks);
}

void Watcher::deliver_aborts(const Runs& runs, const std::vector<AbortRequest>& aborts) {
  board_.end_claimed(aborts);
  for (const AbortRequest& abort : aborts) {
    for (const auto& run : runs) {
      if (run->id() == abort.id && run->epoch() == abort.epoch) {
        run->request_stop(StopReason::kAborted, abort.message.empty() ? "aborted" : abort.message);
      }
    }
  }
}

/// A request stays in the store: what was looked at is remembered as long as it is asked for.
void Watcher::look_at_stacks(const Runs& runs, const std::vector<StackRequest>& asked) {
  decltype(looked_at_) begun;
  for (const StackRequest& request : asked) {
    const auto run = std::ranges::find_if(runs, [&](const std::shared_ptr<JobRun>& one) {
      return one->id() == request.id && one->epoch() == request.epoch;
    });
    if (run == runs.end()) continue;  // it has not begun: the next look may find it
    const std::pair key{request.id, request.epoch};
    const auto before = looked_at_.find(key);
    if (before == looked_at_.end() || before->second < request.look) {
      stack_looks_.add(*run, request.look);
    }
    begun[key] = request.look;
  }
  looked_at_ = std::move(begun);
}

void Watcher::report(const Runs& runs) {
  const nanoseconds now = clock_.boot_now();
  Runs due;
  std::vector<Activity> activities;
  std::set<std::pair<JobId, Epoch>> still_running;
  for (const auto& run : runs) {
    const std::pair key{run->id(), run->epoch()};
    const bool is_known = reported_.contains(key);
    std::optional<PendingReport> pending = run->take_report();
    const bool is_due = pending || (!is_known && now - run->started_at() >= options_.report_after);
    if (is_due || is_known) still_running.insert(key);
    if (!is_due) continue;
    Activity activity{.id = run->id(), .epoch = run->epoch()};
    activity.running_for = std::chrono::duration_cast<microseconds>(now - run->started_at());
    if (pending) {
      activity.progress = pending->progress;
      activity.progress_message = std::move(pending->message);
    }
    due.push_back(run);
    activities.push_back(std::move(activity));
  }
  if (!activities.empty()) write_report(due, activities);
  reported_ = std::move(still_running);
}

void Watcher::write_report(const Runs& runs, std::vector<Activity>& activities) {
  std::vector<WriteResult> results;
  try {
    results = send_report(activities);
  } catch (const Error&) {
    // The last word of a job that says nothing more must not be lost to an outage.
    for (std::size_t i = 0; i < runs.size(); ++i) {
      if (!activities[i].progress) continue;
      runs[i]->keep_report({.progress = activities[i].progress,
                            .message = std::move(activities[i].progress_message)});
    }
    throw;
  }
  for (std::size_t i = 0; i < runs.size(); ++i) {
    const JobFlags flags = runs[i]->job().flags;
    const bool is_told = options_.on_progress && activities[i].progress;
    if (is_told && results[i] == WriteResult::kAccepted) {
      options_.on_progress(runs[i]->job(), activities[i]);
    }
    if (results[i] == WriteResult::kFenced && (flags.exclusive() || flags.at_most_once())) {
      runs[i]->request_stop(StopReason::kLost, "the job was given to another worker");
    }
  }
}

// --- Calls of the store -------------------------------------------------------------------------

JobRequests Watcher::ask_requests() {
  const StoreWait wait{turn_, clock_};
  return store_.job_requests(session_.worker());
}

std::vector<WriteResult> Watcher::send_report(const std::vector<Activity>& activities) {
  const StoreWait wait{turn_, clock_};
  return store_.report(activities);
}

void Watcher::flush_logs() {
  const StoreWait wait{turn_, clock_};
  logs_.flush(store_);
}

}  // namespace stint
