#include "core/hooked_store.hpp"
#include <algorithm>
#include <array>
#include <iterator>
#include <type_traits>
#include <fmt/format.h>
#include "stint/error.hpp"

namespace stint {
namespace {

constexpr std::array<std::string_view, 28> kCallNames = {
    "enqueue",          "find_job",        "list_page",       "list_attempts", "job_states",
    "load_attachments", "append_log",      "read_log",        "exchange",      "report",
    "job_requests",     "abort",           "ask_stacks",      "retry_jobs",    "update_jobs",
    "delete_jobs",      "count_log_lines", "register_worker", "beat",          "retire_worker",
    "list_workers",     "rescue",          "register_tasks",  "list_tasks",    "purge_jobs",
    "purge_workers",    "status",          "wake_up"};
static_assert(kCallNames.size() == static_cast<std::size_t>(StoreCall::kWakeUp) + 1);

Error not_reached(StoreCall call) {
  return Error{
      ErrorCode::kUnavailable,
      fmt::format("a fault on purpose: the call {} did not reach the store", to_string(call)),
      {.retryable = true, .backend = "fault", .statement = std::string{to_string(call)}}};
}

Error reply_lost(StoreCall call, bool is_write) {
  return Error{
      ErrorCode::kUnavailable,
      fmt::format("a fault on purpose: the store's reply to the call {} was lost", to_string(call)),
      {.retryable = true,
       .outcome_unknown = is_write,
       .backend = "fault",
       .statement = std::string{to_string(call)}}};
}

class HookedWakeUp final : public WakeUp {
 public:
  HookedWakeUp(std::unique_ptr<WakeUp> wake_up, std::shared_ptr<StoreHook> hook)
      : wake_up_(std::move(wake_up)), hook_(std::move(hook)) {}

  void wait_for(std::chrono::nanoseconds timeout) override {
    wake_up_->wait_for(timeout);
    hook_->waited();
  }
  bool take_request() override { return wake_up_->take_request(); }
  void interrupt() noexcept override { wake_up_->interrupt(); }

 private:
  const std::unique_ptr<WakeUp> wake_up_;
  const std::shared_ptr<StoreHook> hook_;
};

}  // namespace

std::span<const std::string_view> store_call_names() { return kCallNames; }

std::string_view to_string(StoreCall call) { return kCallNames.at(static_cast<std::size_t>(call)); }

std::optional<StoreCall> find_store_call(std::string_view name) {
  const auto* const found = std::ranges::find(kCallNames, name);
  if (found == kCallNames.end()) return std::nullopt;
  return static_cast<StoreCall>(found - kCallNames.begin());
}

HookedStore::HookedStore(std::shared_ptr<Store> store, std::shared_ptr<StoreHook> hook)
    : store_(std::move(store)), hook_(std::move(hook)) {}

template <typename Call>
auto HookedStore::pass(StoreCall which, Effect effect, Call&& call) {
  const CallFate fate = hook_->decide(which);
  if (fate == CallFate::kFails) throw not_reached(which);
  if constexpr (std::is_void_v<std::invoke_result_t<Call&>>) {
    call();
    if (fate == CallFate::kLosesReply) throw reply_lost(which, effect == Effect::kWrites);
  } else {
    auto result = call();
    if (fate == CallFate::kLosesReply) throw reply_lost(which, effect == Effect::kWrites);
    return result;
  }
}

std::vector<Enqueued> HookedStore::enqueue(std::span<const NewJob> jobs) {
  return pass(StoreCall::kEnqueue, Effect::kWrites, [&] { return store_->enqueue(jobs); });
}

SqlStatement HookedStore::enqueue_statement(const NewJob& job) {
  return store_->enqueue_statement(job);  // only text is made
}

std::optional<JobRecord> HookedStore::find_job(JobId id) {
  return pass(StoreCall::kFindJob, Effect::kReads, [&] { return store_->find_job(id); });
}

JobPage HookedStore::list_page(const JobFilter& filter) {
  return pass(StoreCall::kListPage, Effect::kReads, [&] { return store_->list_page(filter); });
}

std::vector<AttemptRecord> HookedStore::list_attempts(JobId id) {
  return pass(StoreCall::kListAttempts, Effect::kReads, [&] { return store_->list_attempts(id); });
}

std::vector<std::optional<JobState>> HookedStore::job_states(std::span<const JobId> ids) {
  return pass(StoreCall::kJobStates, Effect::kReads, [&] { return store_->job_states(ids); });
}

std::vector<std::string> HookedStore::load_attachments(JobId id, Attachments which) {
  return pass(StoreCall::kLoadAttachments, Effect::kReads,
              [&] { return store_->load_attachments(id, which); });
}

void HookedStore::append_log(std::span<const NewLogLine> lines) {
  pass(StoreCall::kAppendLog, Effect::kWrites, [&] { store_->append_log(lines); });
}

std::vector<JobLogLine> HookedStore::read_log(JobId id, std::int64_t from, int limit) {
  return pass(StoreCall::kReadLog, Effect::kReads,
              [&] { return store_->read_log(id, from, limit); });
}

Exchange HookedStore::exchange(std::span<const Completion> completions, const ClaimRequest* claim) {
  const CallFate fate = hook_->decide(StoreCall::kExchange);
  if (fate == CallFate::kFails) throw not_reached(StoreCall::kExchange);
  std::vector<Completion> all;
  {
    const MutexLock lock{mutex_};
    all.swap(unknown_claims_);
  }
  const std::size_t given_back = all.size();
  Exchange reply;
  if (given_back == 0) {
    reply = store_->exchange(completions, claim);
  } else {
    all.insert(all.end(), completions.begin(), completions.end());
    try {
      reply = store_->exchange(all, claim);
    } catch (...) {
      const MutexLock lock{mutex_};
      unknown_claims_.insert(unknown_claims_.end(), all.begin(),
                             all.begin() + static_cast<std::ptrdiff_t>(given_back));
      throw;
    }
    const auto others = static_cast<std::ptrdiff_t>(given_back);
    reply.completed.erase(reply.completed.begin(), reply.completed.begin() + others);
    reply.states.erase(reply.states.begin(), reply.states.begin() + others);
  }
  settle(completions, reply);
  if (fate == CallFate::kPasses) return reply;
  note_lost(completions, reply);
  throw reply_lost(StoreCall::kExchange, true);
}

void HookedStore::settle(std::span<const Completion> completions, Exchange& reply) {
  const MutexLock lock{mutex_};
  if (unknown_states_.empty()) return;
  for (std::size_t i = 0; i < completions.size(); ++i) {
    const auto found = unknown_states_.find({completions[i].id, completions[i].epoch});
    if (found == unknown_states_.end()) continue;
    reply.states[i] = found->second;
    reply.completed[i] = found->second ? WriteResult::kAccepted : WriteResult::kFenced;
    unknown_states_.erase(found);
  }
}

void HookedStore::note_lost(std::span<const Completion> completions, const Exchange& reply) {
  const MutexLock lock{mutex_};
  for (std::size_t i = 0; i < completions.size(); ++i) {
    unknown_states_[{completions[i].id, completions[i].epoch}] = reply.states[i];
  }
  for (const ClaimedJob& job : reply.claimed) {
    unknown_claims_.push_back(
        {.id = job.id, .epoch = job.epoch, .outcome = Outcome::kInterrupted, .started = false});
  }
}

std::vector<WriteResult> HookedStore::report(std::span<const Activity> activities) {
  return pass(StoreCall::kReport, Effect::kWrites, [&] { return store_->report(activities); });
}

JobRequests HookedStore::job_requests(WorkerId worker) {
  return pass(StoreCall::kJobRequests, Effect::kReads,
              [&] { return store_->job_requests(worker); });
}

std::optional<JobState> HookedStore::abort(JobId id, std::string_view message) {
  return pass(StoreCall::kAbort, Effect::kWrites, [&] { return store_->abort(id, message); });
}

std::optional<AskedStacks> HookedStore::ask_stacks(JobId id) {
  return pass(StoreCall::kAskStacks, Effect::kWrites, [&] { return store_->ask_stacks(id); });
}

std::vector<OperationResult> HookedStore::retry_jobs(std::span<const JobId> ids, RetryOf which) {
  return pass(StoreCall::kRetryJobs, Effect::kWrites,
              [&] { return store_->retry_jobs(ids, which); });
}

std::vector<OperationResult> HookedStore::update_jobs(std::span<const JobUpdate> updates) {
  return pass(StoreCall::kUpdateJobs, Effect::kWrites,
              [&] { return store_->update_jobs(updates); });
}

std::vector<OperationResult> HookedStore::delete_jobs(std::span<const JobId> ids) {
  return pass(StoreCall::kDeleteJobs, Effect::kWrites, [&] { return store_->delete_jobs(ids); });
}

std::vector<std::int64_t> HookedStore::count_log_lines(std::span<const JobId> ids) {
  return pass(StoreCall::kCountLogLines, Effect::kReads,
              [&] { return store_->count_log_lines(ids); });
}

WorkerId HookedStore::register_worker(const WorkerInfo& info) {
  return pass(StoreCall::kRegisterWorker, Effect::kWrites,
              [&] { return store_->register_worker(info); });
}

bool HookedStore::beat(WorkerId worker, std::string_view counts) {
  return pass(StoreCall::kBeat, Effect::kWrites, [&] { return store_->beat(worker, counts); });
}

void HookedStore::retire_worker(WorkerId worker) {
  pass(StoreCall::kRetireWorker, Effect::kWrites, [&] { store_->retire_worker(worker); });
}

std::vector<WorkerRecord> HookedStore::list_workers(bool alive_only) {
  return pass(StoreCall::kListWorkers, Effect::kReads,
              [&] { return store_->list_workers(alive_only); });
}

RescueResult HookedStore::rescue(const RescueRequest& request) {
  return pass(StoreCall::kRescue, Effect::kWrites, [&] { return store_->rescue(request); });
}

void HookedStore::register_tasks(std::span<const TaskRecord> tasks) {
  pass(StoreCall::kRegisterTasks, Effect::kWrites, [&] { store_->register_tasks(tasks); });
}

std::vector<TaskRecord> HookedStore::list_tasks() {
  return pass(StoreCall::kListTasks, Effect::kReads, [&] { return store_->list_tasks(); });
}

int HookedStore::purge_jobs(const PurgeFilter& filter) {
  return pass(StoreCall::kPurgeJobs, Effect::kWrites, [&] { return store_->purge_jobs(filter); });
}

int HookedStore::purge_workers(milliseconds older_than) {
  return pass(StoreCall::kPurgeWorkers, Effect::kWrites,
              [&] { return store_->purge_workers(older_than); });
}

StoreStatus HookedStore::status() {
  return pass(StoreCall::kStatus, Effect::kReads, [&] { return store_->status(); });
}

std::unique_ptr<WakeUp> HookedStore::make_wake_up(std::span<const std::string> domains) {
  return std::make_unique<HookedWakeUp>(store_->make_wake_up(domains), hook_);
}

void HookedStore::set_time_for_tests(std::optional<StoreTime> time) {
  store_->set_time_for_tests(time);
}

}  // namespace stint
