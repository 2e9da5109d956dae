/// A store that writes down what it is asked and what it replies.
#pragma once
#include "core/store.hpp"
#include "support/history.hpp"

namespace stint::test {

/// Pass every call on to another store, and write those that the history checker knows of into a
/// history. A call that throws has an unknown reply if its outcome is, and has failed otherwise.
/// As thread-safe as that store.
class RecordingStore final : public Store {
 public:
  /// Both must outlive this object.
  RecordingStore(Store& store, HistoryWriter& history) : store_(store), history_(history) {}

  /// The name of a job is its idempotency key, or else its only tag.
  std::vector<Enqueued> enqueue(std::span<const NewJob> jobs) override;
  std::optional<JobRecord> find_job(JobId id) override { return store_.find_job(id); }
  JobPage list_page(const JobFilter& filter) override { return store_.list_page(filter); }
  std::vector<AttemptRecord> list_attempts(JobId id) override { return store_.list_attempts(id); }
  std::vector<std::optional<JobState>> job_states(std::span<const JobId> ids) override {
    return store_.job_states(ids);
  }
  std::vector<std::string> load_attachments(JobId id, Attachments which) override {
    return store_.load_attachments(id, which);
  }
  void append_log(std::span<const NewLogLine> lines) override { store_.append_log(lines); }
  std::vector<JobLogLine> read_log(JobId id, std::int64_t from, int limit) override {
    return store_.read_log(id, from, limit);
  }
  Exchange exchange(std::span<const Completion> completions, const ClaimRequest* claim) override;
  std::vector<WriteResult> report(std::span<const Activity> activities) override {
    return store_.report(activities);
  }
  JobRequests job_requests(WorkerId worker) override;
  std::optional<JobState> abort(JobId id, std::string_view message) override;
  std::optional<AskedStacks> ask_stacks(JobId id) override { return store_.ask_stacks(id); }
  /// What people do to jobs is no part of the history: a checker knows one life of each job.
  std::vector<OperationResult> retry_jobs(std::span<const JobId> ids, RetryOf which) override {
    return store_.retry_jobs(ids, which);
  }
  std::vector<OperationResult> update_jobs(std::span<const JobUpdate> updates) override {
    return store_.update_jobs(updates);
  }
  std::vector<OperationResult> delete_jobs(std::span<const JobId> ids) override {
    return store_.delete_jobs(ids);
  }
  std::vector<std::int64_t> count_log_lines(std::span<const JobId> ids) override {
    return store_.count_log_lines(ids);
  }
  WorkerId register_worker(const WorkerInfo& info) override;
  bool beat(WorkerId worker, std::string_view counts) override;
  void retire_worker(WorkerId worker) override;
  std::vector<WorkerRecord> list_workers(bool alive_only) override {
    return store_.list_workers(alive_only);
  }
  RescueResult rescue(const RescueRequest& request) override;
  void register_tasks(std::span<const TaskRecord> tasks) override { store_.register_tasks(tasks); }
  std::vector<TaskRecord> list_tasks() override { return store_.list_tasks(); }
  int purge_jobs(const PurgeFilter& filter) override { return store_.purge_jobs(filter); }
  int purge_workers(milliseconds older_than) override { return store_.purge_workers(older_than); }
  StoreStatus status() override { return store_.status(); }
  std::unique_ptr<WakeUp> make_wake_up(std::span<const std::string> domains) override {
    return store_.make_wake_up(domains);
  }
  void set_time_for_tests(std::optional<StoreTime> time) override {
    store_.set_time_for_tests(time);
  }

  /// Write that an execution begins: only workers know that.
  void note_start(const ClaimedJob& job, WorkerId worker);

 private:
  /// Begin all operations, call, and end each as `replies` says, or as the error does.
  template <typename Call, typename Replies>
  auto record(const std::vector<Operation>& operations, Call&& call, Replies&& replies);

  Store& store_;
  HistoryWriter& history_;
};

/// Every job and every worker that a store holds, as operations at the end of a history; with it
/// the ids of enqueues whose replies were lost are filled in, by the jobs' names.
void add_stored(Store& store, std::vector<Operation>& operations);

}  // namespace stint::test
