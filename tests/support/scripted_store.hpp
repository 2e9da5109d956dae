/// A store for what no real one can be made to do on command: outages, refusals, lost replies.
#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>
#include "core/store.hpp"
#include "stint/error.hpp"

namespace stint::test {

/// What a store throws while its server is away.
inline Error outage(bool outcome_unknown = false) {
  return Error{ErrorCode::kUnavailable,
               "the server is away",
               {.retryable = true, .outcome_unknown = outcome_unknown}};
}

/// What a store throws for what it will never take.
inline Error refusal() { return Error{ErrorCode::kInvalid, "the server refused the value"}; }

/// Answer each call as the test says; what it says nothing about does nothing and returns the
/// emptiest answer that the contract allows. Set the answers before threads use the store.
class ScriptedStore final : public Store {
 public:
  std::function<Exchange(std::span<const Completion>, const ClaimRequest*)> on_exchange;
  std::function<std::vector<WriteResult>(std::span<const Activity>)> on_report;
  std::function<std::vector<AbortRequest>(WorkerId)> on_abort_requests;
  std::function<std::vector<StackRequest>(WorkerId)> on_stack_requests;
  std::function<void(std::span<const NewLogLine>)> on_append_log;
  std::function<std::vector<std::string>(JobId)> on_load_attachments;
  std::function<WorkerId(const WorkerInfo&)> on_register_worker;
  std::function<bool(WorkerId)> on_beat;
  std::function<void(WorkerId)> on_retire_worker;
  std::function<std::vector<WorkerRecord>()> on_list_workers;
  std::function<RescueResult(const RescueRequest&)> on_rescue;
  std::function<std::vector<Enqueued>(std::span<const NewJob>)> on_enqueue;
  /// Retries, updates and deletions.
  std::function<std::vector<OperationResult>(std::span<const JobId>)> on_operation;

  std::vector<Enqueued> enqueue(std::span<const NewJob> jobs) override {
    return on_enqueue ? on_enqueue(jobs) : std::vector<Enqueued>{};
  }
  std::optional<JobRecord> find_job(JobId) override { return std::nullopt; }
  JobPage list_page(const JobFilter&) override { return {}; }
  std::vector<AttemptRecord> list_attempts(JobId) override { return {}; }
  std::vector<std::optional<JobState>> job_states(std::span<const JobId> ids) override {
    return std::vector<std::optional<JobState>>(ids.size());
  }
  std::vector<std::string> load_attachments(JobId id, Attachments) override {
    return on_load_attachments ? on_load_attachments(id) : std::vector<std::string>{};
  }
  void append_log(std::span<const NewLogLine> lines) override {
    if (on_append_log) on_append_log(lines);
  }
  std::vector<JobLogLine> read_log(JobId, std::int64_t, int) override { return {}; }

  Exchange exchange(std::span<const Completion> completions, const ClaimRequest* claim) override {
    if (on_exchange) return on_exchange(completions, claim);
    return {.completed = std::vector<WriteResult>(completions.size()), .claimed = {}};
  }
  std::vector<WriteResult> report(std::span<const Activity> activities) override {
    if (on_report) return on_report(activities);
    return std::vector<WriteResult>(activities.size());
  }
  JobRequests job_requests(WorkerId worker) override {
    JobRequests requests;
    if (on_abort_requests) requests.aborts = on_abort_requests(worker);
    if (on_stack_requests) requests.stacks = on_stack_requests(worker);
    return requests;
  }
  std::optional<JobState> abort(JobId, std::string_view) override { return std::nullopt; }
  std::optional<AskedStacks> ask_stacks(JobId) override { return std::nullopt; }

  std::vector<OperationResult> retry_jobs(std::span<const JobId> ids, RetryOf) override {
    return on_operation ? on_operation(ids) : std::vector<OperationResult>(ids.size());
  }
  std::vector<OperationResult> update_jobs(std::span<const JobUpdate> updates) override {
    std::vector<JobId> ids;
    for (const JobUpdate& update : updates) ids.push_back(update.id);
    return on_operation ? on_operation(ids) : std::vector<OperationResult>(ids.size());
  }
  std::vector<OperationResult> delete_jobs(std::span<const JobId> ids) override {
    return on_operation ? on_operation(ids) : std::vector<OperationResult>(ids.size());
  }
  std::vector<std::int64_t> count_log_lines(std::span<const JobId> ids) override {
    return std::vector<std::int64_t>(ids.size());
  }

  WorkerId register_worker(const WorkerInfo& info) override {
    return on_register_worker ? on_register_worker(info) : WorkerId{1};
  }
  bool beat(WorkerId worker, std::string_view /*counts*/) override {
    return !on_beat || on_beat(worker);
  }
  void retire_worker(WorkerId worker) override {
    if (on_retire_worker) on_retire_worker(worker);
  }
  std::vector<WorkerRecord> list_workers(bool) override {
    return on_list_workers ? on_list_workers() : std::vector<WorkerRecord>{};
  }
  RescueResult rescue(const RescueRequest& request) override {
    return on_rescue ? on_rescue(request) : RescueResult{};
  }

  void register_tasks(std::span<const TaskRecord>) override {}
  std::vector<TaskRecord> list_tasks() override { return {}; }
  int purge_jobs(const PurgeFilter&) override { return 0; }
  int purge_workers(milliseconds) override { return 0; }
  StoreStatus status() override { return {}; }
  std::unique_ptr<WakeUp> make_wake_up(std::span<const std::string>) override;
  void set_time_for_tests(std::optional<StoreTime>) override {}
};

/// Wait on a condition variable; no event but `interrupt` ever comes.
std::unique_ptr<WakeUp> make_plain_wake_up();

}  // namespace stint::test
