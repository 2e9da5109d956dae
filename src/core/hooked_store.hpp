/// A store with somebody before it who decides what becomes of each call: for faults on purpose.
#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>
#include "base/mutex.hpp"
#include "core/store.hpp"

namespace stint {

/// The calls of a store, by the names of its members.
enum class StoreCall : std::uint8_t {
  kEnqueue,
  kFindJob,
  kListPage,
  kListAttempts,
  kJobStates,
  kLoadAttachments,
  kAppendLog,
  kReadLog,
  kExchange,
  kReport,
  kJobRequests,
  kAbort,
  kAskStacks,
  kRetryJobs,
  kUpdateJobs,
  kDeleteJobs,
  kCountLogLines,
  kRegisterWorker,
  kBeat,
  kRetireWorker,
  kListWorkers,
  kRescue,
  kRegisterTasks,
  kListTasks,
  kPurgeJobs,
  kPurgeWorkers,
  kStatus,
  kWakeUp,  ///< a wait for due jobs: it may come late, and never fails
};

/// All of them as users write them ("enqueue", "find_job"), in the order of the numbers.
std::span<const std::string_view> store_call_names();
std::string_view to_string(StoreCall call);
std::optional<StoreCall> find_store_call(std::string_view name);

/// What becomes of a call.
enum class CallFate : std::uint8_t {
  kPasses,
  kFails,       ///< it does not reach the store: nothing happens
  kLosesReply,  ///< the store does it, and the caller does not learn so
};

/// Decide about the calls of one store. Called by any thread, and by several at a time.
class StoreHook {
 public:
  virtual ~StoreHook() = default;
  /// Decide about a call that is about to be made; may hold it up first.
  virtual CallFate decide(StoreCall call) = 0;
  /// A wait for due jobs has ended; may hold it up.
  virtual void waited() {}
};

/// Pass each call on to another store, as its hook decides. What fails throws kUnavailable, as an
/// outage does; where a write's reply is lost, with outcome_unknown(). An exchange whose reply was
/// lost is settled by the next one, as stores do that lose one of themselves: jobs that it had
/// claimed go back free of charge, and completions that come again are answered as they were.
/// Thread-safe, as the other store is.
class HookedStore final : public Store {
 public:
  HookedStore(std::shared_ptr<Store> store, std::shared_ptr<StoreHook> hook);

  std::vector<Enqueued> enqueue(std::span<const NewJob> jobs) override;
  SqlStatement enqueue_statement(const NewJob& job) override;
  std::optional<JobRecord> find_job(JobId id) override;
  JobPage list_page(const JobFilter& filter) override;
  std::vector<AttemptRecord> list_attempts(JobId id) override;
  std::vector<std::optional<JobState>> job_states(std::span<const JobId> ids) override;
  std::vector<std::string> load_attachments(JobId id, Attachments which) override;
  void append_log(std::span<const NewLogLine> lines) override;
  std::vector<JobLogLine> read_log(JobId id, std::int64_t from, int limit) override;

  Exchange exchange(std::span<const Completion> completions, const ClaimRequest* claim) override;
  std::vector<WriteResult> report(std::span<const Activity> activities) override;
  JobRequests job_requests(WorkerId worker) override;
  std::optional<JobState> abort(JobId id, std::string_view message) override;
  std::optional<AskedStacks> ask_stacks(JobId id) override;
  std::vector<OperationResult> retry_jobs(std::span<const JobId> ids, RetryOf which) override;
  std::vector<OperationResult> update_jobs(std::span<const JobUpdate> updates) override;
  std::vector<OperationResult> delete_jobs(std::span<const JobId> ids) override;
  std::vector<std::int64_t> count_log_lines(std::span<const JobId> ids) override;

  WorkerId register_worker(const WorkerInfo& info) override;
  bool beat(WorkerId worker, std::string_view counts) override;
  void retire_worker(WorkerId worker) override;
  std::vector<WorkerRecord> list_workers(bool alive_only) override;
  RescueResult rescue(const RescueRequest& request) override;

  bool has_sql_interface() const override { return store_->has_sql_interface(); }
  void register_tasks(std::span<const TaskRecord> tasks) override;
  std::vector<TaskRecord> list_tasks() override;
  int purge_jobs(const PurgeFilter& filter) override;
  int purge_workers(milliseconds older_than) override;
  StoreStatus status() override;
  std::unique_ptr<WakeUp> make_wake_up(std::span<const std::string> domains) override;
  int useful_exchanges() const override { return store_->useful_exchanges(); }
  void set_time_for_tests(std::optional<StoreTime> time) override;

 private:
  enum class Effect : std::uint8_t { kReads, kWrites };
  template <typename Call>
  auto pass(StoreCall which, Effect effect, Call&& call);

  using Attempt = std::pair<JobId, Epoch>;
  void note_lost(std::span<const Completion> completions, const Exchange& reply);
  /// Replace the answers to completions that were lost before.
  void settle(std::span<const Completion> completions, Exchange& reply);

  const std::shared_ptr<Store> store_;
  const std::shared_ptr<StoreHook> hook_;
  Mutex mutex_;
  /// Claimed by exchanges whose replies were lost: to be given back.
  std::vector<Completion> unknown_claims_ STINT_GUARDED_BY(mutex_);
  /// What completions whose replies were lost have made of their jobs; nothing: refused.
  std::map<Attempt, std::optional<JobState>> unknown_states_ STINT_GUARDED_BY(mutex_);
};

}  // namespace stint
