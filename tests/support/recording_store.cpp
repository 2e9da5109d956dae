#include "support/recording_store.hpp"
#include <algorithm>
#include <map>
#include <set>
#include <stdexcept>
#include "stint/error.hpp"

namespace stint::test {
namespace {

std::string name_of(const NewJob& job) {
  if (!job.idempotency_key.empty()) return shortened(job.idempotency_key);
  return job.tags.size() == 1 ? shortened(job.tags.front()) : std::string{};
}

Operation completion_of(const Completion& completion) {
  return {.action = Action::kComplete,
          .job = completion.id,
          .epoch = completion.epoch,
          .outcome = completion.outcome,
          .output = shortened(completion.output)};
}

Operation with_reply(Operation operation, bool is_taken) {
  operation.reply = is_taken ? Reply::kOk : Reply::kRefused;
  return operation;
}

}  // namespace

template <typename Call, typename Replies>
auto RecordingStore::record(const std::vector<Operation>& operations, Call&& call,
                            Replies&& replies) {
  std::vector<std::int64_t> numbers;
  numbers.reserve(operations.size());
  for (const Operation& one : operations) numbers.push_back(history_.begin(one));
  try {
    auto result = call();
    for (std::size_t i = 0; i < operations.size(); ++i) {
      history_.end(numbers[i], replies(i, result));
    }
    return result;
  } catch (const Error& error) {
    for (std::size_t i = 0; i < operations.size(); ++i) {
      Operation told = operations[i];
      told.reply = error.outcome_unknown() ? Reply::kUnknown : Reply::kFailed;
      history_.end(numbers[i], told);
    }
    throw;
  }
}

std::vector<Enqueued> RecordingStore::enqueue(std::span<const NewJob> jobs) {
  std::vector<Operation> asked;
  asked.reserve(jobs.size());
  for (const NewJob& job : jobs) {
    asked.push_back({.action = Action::kEnqueue, .name = name_of(job)});
  }
  return record(
      asked, [&] { return store_.enqueue(jobs); },
      [&](std::size_t i, const std::vector<Enqueued>& made) {
        Operation reply = with_reply(asked[i], true);
        reply.job = made[i].id;
        return reply;
      });
}

Exchange RecordingStore::exchange(std::span<const Completion> completions,
                                  const ClaimRequest* claim) {
  std::vector<Operation> asked;
  asked.reserve(completions.size() + 1);
  for (const Completion& one : completions) asked.push_back(completion_of(one));
  if (claim != nullptr) asked.push_back({.action = Action::kClaim, .worker = claim->worker});
  return record(
      asked, [&] { return store_.exchange(completions, claim); },
      [&](std::size_t i, const Exchange& result) {
        if (i < completions.size()) {
          return std::vector{with_reply(asked[i], result.completed[i] == WriteResult::kAccepted)};
        }
        std::vector<Operation> claimed;
        for (const ClaimedJob& job : result.claimed) {
          claimed.push_back(with_reply(asked[i], true));
          claimed.back().job = job.id;
          claimed.back().epoch = job.epoch;
        }
        if (claimed.empty()) {
          claimed.push_back(asked[i]);
          claimed.back().reply = Reply::kFailed;
        }
        return claimed;
      });
}

JobRequests RecordingStore::job_requests(WorkerId worker) {
  JobRequests requests = store_.job_requests(worker);
  for (const AbortRequest& one : requests.aborts) {
    history_.note({.action = Action::kTold,
                   .reply = Reply::kOk,
                   .job = one.id,
                   .epoch = one.epoch,
                   .worker = worker});
  }
  return requests;
}

std::optional<JobState> RecordingStore::abort(JobId id, std::string_view message) {
  const Operation asked{.action = Action::kAbort, .job = id};
  return record(
      {asked}, [&] { return store_.abort(id, message); },
      [&](std::size_t /*i*/, const std::optional<JobState>& state) {
        Operation reply = with_reply(asked, state.has_value());
        reply.state = state.value_or(JobState::kQueued);
        return reply;
      });
}

WorkerId RecordingStore::register_worker(const WorkerInfo& info) {
  const Operation asked{.action = Action::kRegister};
  return record(
      {asked}, [&] { return store_.register_worker(info); },
      [&](std::size_t /*i*/, WorkerId worker) {
        Operation reply = with_reply(asked, true);
        reply.worker = worker;
        return reply;
      });
}

bool RecordingStore::beat(WorkerId worker, std::string_view counts) {
  const Operation asked{.action = Action::kBeat, .worker = worker};
  return record(
      {asked}, [&] { return store_.beat(worker, counts); },
      [&](std::size_t /*i*/, bool is_alive) { return with_reply(asked, is_alive); });
}

void RecordingStore::retire_worker(WorkerId worker) {
  const Operation asked{.action = Action::kRetire, .worker = worker};
  record(
      {asked},
      [&] {
        store_.retire_worker(worker);
        return true;
      },
      [&](std::size_t /*i*/, bool is_done) { return with_reply(asked, is_done); });
}

RescueResult RecordingStore::rescue(const RescueRequest& request) {
  const Operation asked{.action = Action::kRescue, .worker = request.worker, .beat = request.beat};
  return record(
      {asked}, [&] { return store_.rescue(request); },
      [&](std::size_t /*i*/, const RescueResult& result) {
        return with_reply(asked, result.was_dead);
      });
}

void RecordingStore::note_start(const ClaimedJob& job, WorkerId worker) {
  history_.note({.action = Action::kStart,
                 .reply = Reply::kOk,
                 .job = job.id,
                 .epoch = job.epoch,
                 .worker = worker});
}

void add_stored(Store& store, std::vector<Operation>& operations) {
  std::map<std::string, JobId> named;
  std::set<JobId> known;
  for (const Operation& one : operations) {
    if (one.action != Action::kEnqueue || !one.job) continue;
    known.insert(one.job);
    named.emplace(one.name, one.job);
  }
  JobFilter filter{.limit = 1000};
  for (std::vector<JobRecord> page; !(page = store.list_jobs(filter)).empty();) {
    filter.before = page.back().id;
    for (const JobRecord& listed : page) {
      const JobRecord job = store.find_job(listed.id).value();
      operations.push_back(stored(job));
      if (known.contains(job.id)) continue;
      const bool is_tagged = job.idempotency_key.empty() && job.tags.size() == 1;
      // Of two that are stored under one name, the other remains one that nobody enqueued.
      named.emplace(shortened(is_tagged ? job.tags.front() : job.idempotency_key), job.id);
    }
  }
  for (Operation& one : operations) {
    if (one.action != Action::kEnqueue || one.job || one.name.empty()) continue;
    if (one.reply == Reply::kUnknown && named.contains(one.name)) one.job = named.at(one.name);
  }
  for (const WorkerRecord& worker : store.list_workers(false)) {
    operations.push_back(stored(worker));
  }
}

}  // namespace stint::test
