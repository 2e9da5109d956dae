/// The Store role on SQLite.
#pragma once
#include <atomic>
#include <optional>
#include <random>
#include "backends/sqlite/claim.hpp"
#include "backends/sqlite/completion.hpp"
#include "backends/sqlite/connection.hpp"
#include "backends/sqlite/enqueue.hpp"
#include "backends/sqlite/given_table.hpp"
#include "backends/sqlite/place.hpp"
#include "backends/sqlite/writer.hpp"
#include "base/mutex.hpp"
#include "core/store.hpp"

namespace stint::sqlite {

/// Hold jobs in one database. One connection writes (group commits, in turn with other programs),
/// another reads beside it.
class SqliteStore final : public Store {
 public:
  /// The tables must be there.
  explicit SqliteStore(Place place);

  std::vector<Enqueued> enqueue(std::span<const NewJob> jobs) override;
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

  void register_tasks(std::span<const TaskRecord> tasks) override;
  std::vector<TaskRecord> list_tasks() override;
  int purge_jobs(const PurgeFilter& filter) override;
  int purge_workers(milliseconds older_than) override;
  StoreStatus status() override;
  std::unique_ptr<WakeUp> make_wake_up(std::span<const std::string> domains) override;
  void set_time_for_tests(std::optional<StoreTime> time) override;

 private:
  std::int64_t now() const;
  template <typename Read>
  auto read(Read&& read);

  const Place place_;
  std::atomic<std::int64_t> test_time_;
  Connection write_connection_;  // the writer's
  // The writer's too.
  GivenTable ids_;
  Enqueuer enqueuer_;
  Claimer claimer_;
  Completer completer_;
  std::mt19937_64 random_;
  Writer writer_;

  Mutex read_mutex_;
  Connection read_connection_ STINT_GUARDED_BY(read_mutex_);
};

}  // namespace stint::sqlite
