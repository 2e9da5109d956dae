#include "support/history_model.hpp"
#include <algorithm>
#include <utility>

namespace stint::test {
namespace {

using Place = LegalJob::Place;
using JobLife = LegalJob::State;
using WorkerLife = LegalWorker::State;

Epoch next(Epoch epoch) { return Epoch{epoch.value + 1}; }

JobLife ended(JobLife life, JobState end) {
  life.place = Place::kEnded;
  life.end = end;
  return life;
}

JobLife queued(JobLife life) {
  life.place = Place::kQueued;
  life.worker = {};
  return life;
}

// Whether attempts are left, or it has crashed too often, is the contract suite's business.
std::vector<JobLife> completed(const JobLife& life, const Operation& completion) {
  switch (completion.outcome) {
    case Outcome::kDone: {
      JobLife done = ended(life, JobState::kDone);
      done.output = completion.output;
      return {done};
    }
    case Outcome::kRejected:
      return {ended(life, JobState::kFailed)};
    case Outcome::kAborted:
      return {ended(life, JobState::kAborted)};
    case Outcome::kFailed:
    case Outcome::kCrashed:
      if (life.is_abort_asked) {
        return {ended(life, JobState::kAborted), ended(life, JobState::kFailed)};
      }
      return {queued(life), ended(life, JobState::kFailed)};
    case Outcome::kSnoozed:
    case Outcome::kInterrupted:
      break;
  }
  return {life.is_abort_asked ? ended(life, JobState::kAborted) : queued(life)};
}

std::vector<JobLife> freed(const JobLife& life, WorkerId worker) {
  if (life.place != Place::kRunning || life.worker != worker) return {life};
  JobLife free = life;
  free.epoch = next(free.epoch);
  if (life.is_abort_asked) return {ended(free, JobState::kAborted)};
  return {queued(free), ended(free, JobState::kFailed)};
}

std::vector<JobLife> aborted(const JobLife& life, const Operation& abort, Taken taken) {
  if (life.place == Place::kQueued) {
    if (taken == Taken::kAsTold && abort.state != JobState::kAborted) return {};
    return {ended(life, JobState::kAborted)};
  }
  if (life.place == Place::kRunning) {
    if (taken == Taken::kAsTold && abort.state != JobState::kAborting) return {};
    JobLife asked = life;
    asked.is_abort_asked = true;
    return {asked};
  }
  const bool is_so = life.place == Place::kEnded && life.end == abort.state;
  return is_so || taken == Taken::kPerhaps ? std::vector{life} : std::vector<JobLife>{};
}

std::vector<JobLife> tried_again(const JobLife& life) {
  if (life.place == Place::kQueued) return {life};
  if (life.place != Place::kEnded || life.end == JobState::kDone) return {};
  JobLife again = queued(life);
  again.end = JobState::kQueued;
  again.is_abort_asked = false;
  return {again};
}

bool is_stored_so(const JobLife& life, const Operation& stored) {
  if (stored.reply == Reply::kRefused) return life.place == Place::kAbsent;
  // A claim that nobody knows of may have raised it.
  if (stored.epoch < life.epoch) return false;
  switch (life.place) {
    case Place::kAbsent:
      return false;
    case Place::kQueued:
      return stored.state == JobState::kQueued || stored.state == JobState::kScheduled;
    case Place::kRunning:
      return stored.state == JobState::kRunning || stored.state == JobState::kAborting;
    case Place::kEnded:
      break;
  }
  if (stored.state != life.end) return false;
  return life.end != JobState::kDone ||
         (stored.epoch == life.epoch && stored.output == life.output);
}

template <typename Life>
std::vector<Life> only_if(bool is_legal, const Life& life) {
  return is_legal ? std::vector{life} : std::vector<Life>{};
}

// A job that was given back or put off keeps no trace of who did it. Where the reply was lost and
// the job has been claimed since, the store can only say that it is somebody else's now.
std::vector<JobLife> refused(const JobLife& life, const Operation& completion, bool is_held) {
  const bool leaves_trace =
      completion.outcome != Outcome::kSnoozed && completion.outcome != Outcome::kInterrupted;
  if (is_held && !leaves_trace) return completed(life, completion);
  return only_if(!is_held, life);
}

}  // namespace

LegalJob::LegalJob(const std::vector<Operation>& operations) {
  for (const Operation& one : operations) epochs_.insert(one.epoch);
}

// Of a claim whose reply nobody saw the epoch is one of those that are known of the job, or the
// next; one above all that are known cannot have been.
std::vector<JobLife> LegalJob::claimed(const State& before, const Operation& claim,
                                       Taken taken) const {
  if (before.place != Place::kQueued) return {};
  std::set<Epoch> possible{claim.epoch};
  if (taken == Taken::kPerhaps) {
    possible = epochs_;
    possible.insert(next(before.epoch));
  }
  std::vector<State> states;
  for (const Epoch epoch : possible) {
    if (epoch <= before.epoch || epoch > *epochs_.rbegin()) continue;
    states.push_back(before);
    states.back().place = Place::kRunning;
    states.back().epoch = epoch;
    states.back().worker = claim.worker;
    states.back().is_abort_asked = false;
  }
  return states;
}

std::vector<JobLife> LegalJob::after(const State& before, const Operation& operation,
                                     Taken taken) const {
  const bool is_held = before.place == Place::kRunning && before.epoch == operation.epoch;
  const bool may_refuse = taken == Taken::kAsTold && operation.reply == Reply::kRefused;
  switch (operation.action) {
    case Action::kEnqueue:
      if (before.place != Place::kAbsent) return {before};
      return {State{.place = Place::kQueued}};
    case Action::kClaim:
      return claimed(before, operation, taken);
    case Action::kStart:
      // One that has lost the job may not know it yet; what it brings will be refused.
      return only_if(before.place != Place::kAbsent && before.epoch >= operation.epoch, before);
    case Action::kComplete:
      if (may_refuse) return refused(before, operation, is_held);
      return is_held ? completed(before, operation) : std::vector<State>{};
    case Action::kAbort:
      if (may_refuse) return only_if(before.place == Place::kAbsent, before);
      return aborted(before, operation, taken);
    case Action::kRetry:
      if (may_refuse) return only_if(tried_again(before).empty(), before);
      return tried_again(before);
    case Action::kRescue:
    case Action::kRetire:
      return freed(before, operation.worker);
    case Action::kStored:
      return only_if(is_stored_so(before, operation), before);
    case Action::kTold:
    case Action::kRegister:
    case Action::kBeat:
      break;
  }
  return {before};
}

LegalWorker::LegalWorker(const std::vector<Operation>& operations) {
  for (const Operation& one : operations) most_beats_ = std::max(most_beats_, one.beat);
}

// A beat whose reply was lost is sent again within one call, and may count twice. One that nobody
// heard of cannot have raised it above what was seen.
std::vector<WorkerLife> LegalWorker::beaten(const State& before, Taken taken) const {
  std::vector<State> states;
  for (const int times : {1, 2}) {
    State next = before;
    next.beat += times;
    if (next.beat <= most_beats_ || (times == 1 && taken == Taken::kAsTold)) {
      states.push_back(next);
    }
  }
  return states;
}

std::vector<WorkerLife> LegalWorker::after(const State& before, const Operation& operation,
                                           Taken taken) const {
  const bool is_alive = before.state == WorkerState::kAlive;
  const bool may_refuse = taken == Taken::kAsTold && operation.reply == Reply::kRefused;
  State next = before;
  switch (operation.action) {
    case Action::kRegister:
      next.state = WorkerState::kAlive;
      return only_if(!before.state, next);
    case Action::kBeat:
      if (may_refuse) return only_if(!is_alive, before);
      return is_alive ? beaten(before, taken) : std::vector<State>{};
    case Action::kRescue: {
      const bool can = is_alive && before.beat == operation.beat;
      if (may_refuse) return only_if(!can, before);
      next.state = WorkerState::kDead;
      return only_if(can, next);
    }
    case Action::kRetire:
      if (is_alive) next.state = WorkerState::kStopped;
      return {next};
    case Action::kClaim:
      return only_if(is_alive, before);
    case Action::kStored:
      return only_if(before.state == operation.worker_state && before.beat == operation.beat,
                     before);
    default:
      break;
  }
  return {before};
}

}  // namespace stint::test
