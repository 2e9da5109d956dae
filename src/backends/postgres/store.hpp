/// The Store role on PostgreSQL.
#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>
#include "backends/postgres/database.hpp"
#include "backends/postgres/enqueuer.hpp"
#include "backends/postgres/exchanger.hpp"
#include "backends/postgres/job_operations.hpp"
#include "backends/postgres/notifier.hpp"
#include "backends/postgres/reader.hpp"
#include "backends/postgres/retention.hpp"
#include "backends/postgres/running_jobs.hpp"
#include "backends/postgres/wake_registry.hpp"
#include "backends/postgres/worker_table.hpp"
#include "core/store.hpp"

namespace stint::postgres {

/// Hold jobs in one schema of one database. Every member hands over to the part that does it.
class PostgresStore final : public Store {
 public:
  PostgresStore(ConnectOptions options, std::function<void(std::string_view)> notice);

  std::vector<Enqueued> enqueue(std::span<const NewJob> jobs) override {
    return enqueuer_.enqueue(jobs);
  }
  SqlStatement enqueue_statement(const NewJob& job) override;
  std::optional<JobRecord> find_job(JobId id) override { return reader_.find_job(id); }
  JobPage list_page(const JobFilter& filter) override { return reader_.list_page(filter); }
  std::vector<AttemptRecord> list_attempts(JobId id) override { return reader_.list_attempts(id); }
  std::vector<std::optional<JobState>> job_states(std::span<const JobId> ids) override {
    return reader_.job_states(ids);
  }
  std::vector<std::string> load_attachments(JobId id, Attachments which) override {
    return reader_.load_attachments(id, which);
  }
  void append_log(std::span<const NewLogLine> lines) override { running_.append_log(lines); }
  std::vector<JobLogLine> read_log(JobId id, std::int64_t from, int limit) override {
    return reader_.read_log(id, from, limit);
  }

  Exchange exchange(std::span<const Completion> completions, const ClaimRequest* claim) override {
    return exchanger_.exchange(completions, claim);
  }
  std::vector<WriteResult> report(std::span<const Activity> activities) override {
    return running_.report(activities);
  }
  JobRequests job_requests(WorkerId worker) override { return running_.job_requests(worker); }
  std::optional<JobState> abort(JobId id, std::string_view message) override {
    return running_.abort(id, message);
  }
  std::optional<AskedStacks> ask_stacks(JobId id) override { return running_.ask_stacks(id); }

  std::vector<OperationResult> retry_jobs(std::span<const JobId> ids, RetryOf which) override {
    return operations_.retry(ids, which);
  }
  std::vector<OperationResult> update_jobs(std::span<const JobUpdate> updates) override {
    return operations_.update(updates);
  }
  std::vector<OperationResult> delete_jobs(std::span<const JobId> ids) override {
    return operations_.remove(ids);
  }
  std::vector<std::int64_t> count_log_lines(std::span<const JobId> ids) override {
    return reader_.count_log_lines(ids);
  }

  WorkerId register_worker(const WorkerInfo& info) override { return workers_.add(info); }
  bool beat(WorkerId worker, std::string_view counts) override {
    return workers_.beat(worker, counts);
  }
  void retire_worker(WorkerId worker) override { workers_.retire(worker); }
  std::vector<WorkerRecord> list_workers(bool alive_only) override {
    return workers_.list(alive_only);
  }
  RescueResult rescue(const RescueRequest& request) override { return workers_.rescue(request); }

  bool has_sql_interface() const override { return true; }
  void register_tasks(std::span<const TaskRecord> tasks) override;
  std::vector<TaskRecord> list_tasks() override;
  int purge_jobs(const PurgeFilter& filter) override { return retention_.purge_jobs(filter); }
  int purge_workers(milliseconds older_than) override { return workers_.purge(older_than); }
  StoreStatus status() override { return retention_.status(); }
  std::unique_ptr<WakeUp> make_wake_up(std::span<const std::string> domains) override;
  int useful_exchanges() const override { return 2; }
  void set_time_for_tests(std::optional<StoreTime> time) override { database_.set_test_time(time); }

 private:
  const std::function<void(std::string_view)> notice_;
  Database database_;
  const std::shared_ptr<WakeRegistry> registry_;
  // Destroyed before the database and after the parts that use it: what waits is sent then.
  Notifier notifier_;
  Enqueuer enqueuer_;
  Exchanger exchanger_;
  Reader reader_;
  RunningJobs running_;
  JobOperations operations_;
  WorkerTable workers_;
  Retention retention_;
};

}  // namespace stint::postgres
