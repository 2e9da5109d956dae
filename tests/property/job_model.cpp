#include "job_model.hpp"
#include <algorithm>
#include <cmath>
#include <utility>
#include "core/crash_rule.hpp"
#include "stint/json.hpp"

namespace stint::test {
namespace {

std::string message_in(const std::string& error) {
  return error.empty() ? "" : json::parse(error).value("message", "");
}

bool is_waiting(const ModelJob& job) { return job.state == JobState::kQueued; }
bool is_running(const ModelJob& job) { return job.state == JobState::kRunning; }

}  // namespace

std::optional<JobId> JobModel::known(const NewJob& job) const {
  if (job.idempotency_key.empty()) return std::nullopt;
  for (const auto& [id, one] : jobs_) {
    if (one.asked.idempotency_key == job.idempotency_key) return id;
  }
  return std::nullopt;
}

void JobModel::enqueue(const NewJob& job, JobId id) {
  ModelJob& made = jobs_[id];
  made.asked = job;
  made.id = id;
  made.created_at = now_;
  made.run_at = job.run_at.value_or(now_ + job.delay);
}

std::vector<StartedJob> JobModel::claim(const ClaimRequest& request) {
  if (workers_.at(request.worker).state != WorkerState::kAlive) return {};
  std::vector<ModelJob*> due;
  for (auto& [id, job] : jobs_) {
    const bool has_task = std::ranges::find(request.tasks, job.asked.task) != request.tasks.end();
    const bool is_ours = job.asked.node.empty() || job.asked.node == request.node;
    if (is_waiting(job) && job.asked.domain == request.domain && job.run_at <= now_ && has_task &&
        is_ours) {
      due.push_back(&job);
    }
  }
  if (due.empty()) return {};
  const auto priority = [](const ModelJob* job) { return job->asked.priority; };
  const int highest = priority(*std::ranges::max_element(due, {}, priority));
  std::erase_if(due, [&](const ModelJob* job) { return priority(job) != highest; });
  std::ranges::sort(due, {}, [](const ModelJob* job) { return std::pair{job->run_at, job->id}; });
  due.resize(std::min(due.size(), static_cast<std::size_t>(request.limit)));
  std::vector<StartedJob> claimed;
  for (ModelJob* job : due) {
    ++job->epoch.value;
    job->state = JobState::kRunning;
    job->worker = request.worker;
    job->started_at.reset();
    job->is_start_known = true;
    job->progress.reset();
    job->progress_message.clear();
    claimed.push_back({job->id, job->epoch});
  }
  return claimed;
}

ModelJob* JobModel::held(JobId id, Epoch epoch) {
  const auto found = jobs_.find(id);
  if (found == jobs_.end() || !is_running(found->second) || found->second.epoch != epoch) {
    return nullptr;
  }
  return &found->second;
}

void JobModel::finish(ModelJob& job, JobState state, StoreTime at) {
  job.state = state;
  job.finished_at = at;
}

void JobModel::finish_aborted(ModelJob& job, StoreTime at) {
  job.cause = "aborted";
  if (!job.abort_message.empty()) job.error_message = job.abort_message;
  finish(job, JobState::kAborted, at);
}

void JobModel::requeue(ModelJob& job) {
  job.state = JobState::kQueued;
  job.worker = {};
  job.progress.reset();
  job.progress_message.clear();
}

WriteResult JobModel::complete(const Completion& completion) {
  ModelJob* job = held(completion.id, completion.epoch);
  if (job == nullptr) return WriteResult::kFenced;
  const StoreTime ended_at = now_ - completion.ended_before;
  if (completion.started && !job->started_at) job->started_at = ended_at - completion.ran_for;
  if (completion.started) ++job->attempts;
  const auto keep_output = [&] { job->output = completion.output; };
  switch (completion.outcome) {
    case Outcome::kDone:
      keep_output();
      finish(*job, JobState::kDone, ended_at);
      break;
    case Outcome::kFailed:
    case Outcome::kRejected:
      ++job->failures;
      job->attempt_causes.push_back(completion.cause);
      job->cause = completion.cause;
      job->error_message = message_in(completion.error);
      if (completion.outcome == Outcome::kRejected ||
          (!job->is_abort_asked && job->failures >= job->asked.max_attempts)) {
        keep_output();
        finish(*job, JobState::kFailed, ended_at);
      } else if (job->is_abort_asked) {
        keep_output();
        finish_aborted(*job, ended_at);
      } else {
        requeue(*job);
        job->run_at = now_ + completion.delay;
      }
      break;
    case Outcome::kSnoozed:
      if (completion.started) --job->attempts;
      if (job->is_abort_asked) {
        if (completion.started) ++job->attempts;
        finish_aborted(*job, ended_at);
        break;
      }
      job->started_at.reset();
      requeue(*job);
      job->run_at = now_ + completion.delay;
      break;
    case Outcome::kInterrupted:
      ++job->interruptions;
      give_back(*job, ended_at);
      break;
    case Outcome::kAborted:
      keep_output();
      finish_aborted(*job, ended_at);
      break;
    case Outcome::kCrashed:
      crash(*job, completion, ended_at);
      break;
  }
  return WriteResult::kAccepted;
}

void JobModel::crash(ModelJob& job, const Completion& completion, StoreTime ended_at) {
  ++job.crashes;
  ++job.lone_crashes;
  job.attempt_causes.emplace_back("crash");
  job.error_message = message_in(completion.error);
  if (job.is_abort_asked) {
    job.output = completion.output;
    finish_aborted(job, ended_at);
    return;
  }
  const bool is_over_limit = job.lone_crashes >= kCrashLimit;
  job.cause = is_over_limit ? "crash limit" : "crash";
  if (is_over_limit || job.asked.flags.at_most_once()) {
    job.output = completion.output;
    finish(job, JobState::kFailed, ended_at);
    return;
  }
  requeue(job);
  job.run_at = now_ + completion.delay;
}

void JobModel::give_back(ModelJob& job, StoreTime at) {
  if (job.is_abort_asked) {
    finish_aborted(job, at);
  } else {
    requeue(job);
  }
}

WriteResult JobModel::report(const Activity& activity) {
  ModelJob* job = held(activity.id, activity.epoch);
  if (job == nullptr) return WriteResult::kFenced;
  if (!job->started_at) job->started_at = now_ - activity.running_for;
  if (activity.progress) {
    job->progress = activity.progress;
    job->progress_message = activity.progress_message;
  }
  return WriteResult::kAccepted;
}

bool JobModel::takes_log_line(JobId id, Epoch epoch) const {
  const auto found = jobs_.find(id);
  return found != jobs_.end() && found->second.epoch == epoch;
}

std::optional<JobState> JobModel::abort(JobId id, std::string_view message) {
  const auto found = jobs_.find(id);
  if (found == jobs_.end()) return std::nullopt;
  ModelJob& job = found->second;
  if (is_final(job.state)) return job.state;
  if (is_running(job)) {
    if (!job.is_abort_asked) job.abort_message = message;  // who asks first is heard
    job.is_abort_asked = true;
    return JobState::kAborting;
  }
  job.abort_message = message;
  finish_aborted(job, now_);
  return JobState::kAborted;
}

std::vector<StartedJob> JobModel::abort_requests(WorkerId worker) const {
  std::vector<StartedJob> result;
  for (const auto& [id, job] : jobs_) {
    if (is_running(job) && job.worker == worker && job.is_abort_asked) {
      result.push_back({id, job.epoch});
    }
  }
  return result;
}

OperationResult JobModel::refusal(JobId id) const {
  const auto found = jobs_.find(id);
  if (found == jobs_.end()) return {};
  return {.kind = OperationResult::Kind::kWrongState, .state = shown_state(found->second)};
}

OperationResult JobModel::retry(JobId id, RetryOf which) {
  OperationResult result = refusal(id);
  if (!result.state || !is_final(*result.state)) return result;
  if (*result.state == JobState::kDone && which != RetryOf::kAnyEnd) return result;
  ModelJob& job = jobs_.at(id);
  if (job.state == JobState::kAborted) job.cause = job.error_message = "";
  requeue(job);
  ++job.epoch.value;
  job.run_at = now_;
  job.failures = job.crashes = job.lone_crashes = 0;
  job.finished_at.reset();
  job.output.clear();
  job.is_abort_asked = false;
  job.abort_message.clear();
  return {.kind = OperationResult::Kind::kChanged, .state = JobState::kQueued};
}

OperationResult JobModel::update(const JobUpdate& update) {
  OperationResult result = refusal(update.id);
  if (!result.state || !is_waiting(jobs_.at(update.id))) return result;
  ModelJob& job = jobs_.at(update.id);
  if (update.arguments && update.arguments->read != job.epoch) {
    result.kind = OperationResult::Kind::kStale;
    return result;
  }
  job.asked.priority = update.priority.value_or(job.asked.priority);
  job.run_at = update.run_at.value_or(update.delay ? now_ + *update.delay : job.run_at);
  if (update.arguments) {
    job.asked.args = update.arguments->args;
    ++job.epoch.value;
  }
  return {.kind = OperationResult::Kind::kChanged, .state = shown_state(job)};
}

OperationResult JobModel::remove(JobId id) {
  OperationResult result = refusal(id);
  if (!result.state || is_running(jobs_.at(id))) return result;
  jobs_.erase(id);
  result.kind = OperationResult::Kind::kChanged;
  return result;
}

bool JobModel::beat(WorkerId id) {
  ModelWorker& worker = workers_.at(id);
  if (worker.state != WorkerState::kAlive) return false;
  ++worker.beat;
  return true;
}

void JobModel::retire(WorkerId id) {
  ModelWorker& worker = workers_.at(id);
  if (worker.state != WorkerState::kAlive) return;
  worker.state = WorkerState::kStopped;
  for (auto& [job_id, job] : jobs_) {
    if (!is_running(job) || job.worker != id) continue;
    ++job.epoch.value;
    ++job.interruptions;
    give_back(job, now_);
  }
}

RescueResult JobModel::rescue(const RescueRequest& request) {
  ModelWorker& worker = workers_.at(request.worker);
  if (worker.state != WorkerState::kAlive || worker.beat != request.beat) return {};
  worker.state = WorkerState::kDead;
  RescueResult result{.was_dead = true};
  for (auto& [id, job] : jobs_) {
    if (!is_running(job) || job.worker != request.worker) continue;
    const bool had_begun =
        !request.started ||
        std::ranges::find(*request.started, StartedJob{id, job.epoch}) != request.started->end();
    const bool is_alone = request.started && request.started->size() == 1;
    ++job.epoch.value;
    if (had_begun) {
      charge(job, is_alone || job.crashes > 0, result);
    } else {
      ++job.interruptions;
      if (!job.is_abort_asked) ++result.interrupted;
      give_back(job, now_);
    }
  }
  return result;
}

void JobModel::charge(ModelJob& job, bool is_lone, RescueResult& result) {
  ++job.attempts;
  ++job.crashes;
  if (is_lone) ++job.lone_crashes;
  ++result.crashed;
  job.attempt_causes.emplace_back("crash");
  job.is_start_known = job.started_at.has_value();
  if (job.is_abort_asked) {
    job.error_message = "*";
    finish_aborted(job, now_);
    return;
  }
  job.error_message = "*";
  const bool is_over_limit = job.lone_crashes >= kCrashLimit;
  job.cause = is_over_limit ? "crash limit" : "crash";
  if (is_over_limit || job.asked.flags.at_most_once()) {
    ++result.failed;
    finish(job, JobState::kFailed, now_);
    return;
  }
  // 10 s after the first crash, twice as long after each further one, 10 minutes at most, +-20 %.
  const double pause = std::min(10.0 * std::pow(2.0, job.crashes - 1), 600.0);
  const auto seconds = [](double value) {
    return std::chrono::duration_cast<microseconds>(std::chrono::duration<double>(value));
  };
  job.run_at_range = {now_ + seconds(pause * 0.8), now_ + seconds(pause * 1.2)};
  requeue(job);
}

int JobModel::purge(const PurgeFilter& filter) {
  const StoreTime limit = now_ - filter.older_than;
  return static_cast<int>(std::erase_if(jobs_, [&](const auto& entry) {
    const ModelJob& job = entry.second;
    if (job.asked.domain != filter.domain) return false;
    if (is_final(job.state)) return *job.finished_at <= limit;
    return filter.queued && is_waiting(job) && job.created_at <= limit;
  }));
}

JobState JobModel::shown_state(const ModelJob& job) const {
  if (is_waiting(job) && job.run_at > now_) return JobState::kScheduled;
  if (is_running(job) && job.is_abort_asked) return JobState::kAborting;
  return job.state;
}

int JobModel::shown_attempts(const ModelJob& job) const {
  return job.attempts + (is_running(job) && job.started_at ? 1 : 0);
}

}  // namespace stint::test
