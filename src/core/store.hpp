/// The Store role: what a backend that holds jobs implements. One contract suite runs against each.
#pragma once
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>
#include "core/attempt_transaction.hpp"
#include "core/job_operations.hpp"
#include "core/job_records.hpp"

namespace stint {

/// Wait for due jobs without asking all the time. One object for one waiting thread.
class WakeUp {
 public:
  virtual ~WakeUp() = default;
  /// Return once a job may have become claimable, an abort may have been asked for, `interrupt` was
  /// called, or `timeout` has passed. May return without cause. Events that come between two calls
  /// are not lost.
  virtual void wait_for(std::chrono::nanoseconds timeout) = 0;
  /// Whether something may have been asked of a running job (an abort, a look at its stacks) since
  /// the last call, as far as the waits have heard of it.
  virtual bool take_request() { return false; }
  /// Make the present or the next wait return. From any thread.
  virtual void interrupt() noexcept = 0;
};

/// Hold jobs. Thread-safe: every member may be called from any thread at any time. A call throws
/// stint::Error: kUnavailable with retryable() for an outage that may pass (back off, call again),
/// outcome_unknown() where the write may have taken effect. Writes for a job are guarded by its
/// epoch. Times are the store's own.
class Store {
 public:
  virtual ~Store() = default;

  // --- Enqueue and read -------------------------------------------------------------------------

  /// Insert all jobs in one transaction. A resend after an unknown outcome inserts nothing twice:
  /// the implementation repeats it with the same ids. A known idempotency key returns its job.
  virtual std::vector<Enqueued> enqueue(std::span<const NewJob> jobs) = 0;
  /// Make the statement that enqueues one job in a transaction of somebody else's; see
  /// Client::sql_enqueue. Throws kInvalid for a job that it cannot carry, and where there is no
  /// SQL interface.
  virtual SqlStatement enqueue_statement(const NewJob& job);
  virtual std::optional<JobRecord> find_job(JobId id) = 0;
  /// List jobs from `filter.before` on down.
  virtual JobPage list_page(const JobFilter& filter) = 0;
  /// List as many as `filter.limit`, however many have to be looked at for it.
  std::vector<JobRecord> list_jobs(JobFilter filter);
  /// Failed attempts, oldest first.
  virtual std::vector<AttemptRecord> list_attempts(JobId id) = 0;
  /// The states of these jobs, in order; nothing for one that is not stored. Cheap: for waiting.
  virtual std::vector<std::optional<JobState>> job_states(std::span<const JobId> ids) = 0;
  /// Bytes kept out of line, by index.
  enum class Attachments : std::uint8_t { kArguments = 1, kOutput = 2 };
  virtual std::vector<std::string> load_attachments(JobId id, Attachments which) = 0;
  virtual void append_log(std::span<const NewLogLine> lines) = 0;
  virtual std::vector<JobLogLine> read_log(JobId id, std::int64_t from, int limit) = 0;

  // --- Execute ----------------------------------------------------------------------------------

  /// Complete jobs and claim others in one transaction. Claims from the highest lane that has a due
  /// job for this worker. Nothing claimed means that a full scan of the domain's lanes found
  /// nothing. A worker that is not alive claims nothing.
  virtual Exchange exchange(std::span<const Completion> completions, const ClaimRequest* claim) = 0;
  /// Stamp starts and progress of running jobs. One result each, in order.
  virtual std::vector<WriteResult> report(std::span<const Activity> activities) = 0;
  /// What is asked for of the jobs that this worker holds.
  virtual JobRequests job_requests(WorkerId worker) = 0;
  /// Ask for a job's end: a waiting one is aborted at once, a running one is marked for its worker.
  /// Returns the state it now has (kAborted, kAborting), or the final one it had before; nothing if
  /// it is not stored.
  virtual std::optional<JobState> abort(JobId id, std::string_view message) = 0;
  /// Ask the worker that holds a running job for a look at its stacks; nothing if it is not stored.
  virtual std::optional<AskedStacks> ask_stacks(JobId id) = 0;

  // --- Operate ----------------------------------------------------------------------------------
  // One result for each job, in order; for one asked for twice, the same twice. A call is one
  // transaction, and further ones for jobs that others move meanwhile. If its outcome is unknown, a
  // part may have taken effect; nothing is sent again, because a job can have ended anew.

  /// Queue jobs that have ended once more, due now: with the same id, arguments and history, and
  /// the next attempt's number. Failures and crashes count from 0 again, the epoch grows, the
  /// output is gone. What an idempotency key or a fresh result stands for stays.
  virtual std::vector<OperationResult> retry_jobs(std::span<const JobId> ids, RetryOf which) = 0;
  /// Change jobs that wait (queued, gated). Throws kInvalid if two updates are of one job.
  virtual std::vector<OperationResult> update_jobs(std::span<const JobUpdate> updates) = 0;
  /// Remove jobs that wait or have ended, with all that belongs to them.
  virtual std::vector<OperationResult> delete_jobs(std::span<const JobId> ids) = 0;
  /// How many lines the log of each of these jobs has, in order; 0 for one that is not stored.
  virtual std::vector<std::int64_t> count_log_lines(std::span<const JobId> ids) = 0;

  // --- Workers ----------------------------------------------------------------------------------

  virtual WorkerId register_worker(const WorkerInfo& info) = 0;
  /// Renew the lease: beat grows by one. False: the worker was declared dead and must register
  /// anew. `counts` is what it did lately (`to_json(WorkerCounts)`); empty: as it was.
  virtual bool beat(WorkerId worker, std::string_view counts = {}) = 0;
  /// Leave in good order: jobs still held go back as interrupted.
  virtual void retire_worker(WorkerId worker) = 0;
  virtual std::vector<WorkerRecord> list_workers(bool alive_only) = 0;
  /// Mark dead by compare-and-set on the beat, then free the worker's jobs with epoch + 1.
  virtual RescueResult rescue(const RescueRequest& request) = 0;

  // --- Tasks, retention, schema -----------------------------------------------------------------

  /// Whether others enqueue by SQL, who need to be told of this program's tasks.
  virtual bool has_sql_interface() const { return false; }
  virtual void register_tasks(std::span<const TaskRecord> tasks) = 0;
  virtual std::vector<TaskRecord> list_tasks() = 0;
  /// Remove finished jobs; returns how many. Call again while it returns filter.limit.
  virtual int purge_jobs(const PurgeFilter& filter) = 0;
  /// Remove workers that stopped or died before; returns how many.
  virtual int purge_workers(milliseconds older_than) = 0;
  virtual StoreStatus status() = 0;
  /// Wait for events of these domains.
  virtual std::unique_ptr<WakeUp> make_wake_up(std::span<const std::string> domains) = 0;

  /// How many calls of `exchange` at a time pay off; more workers than that gain nothing by
  /// overlap.
  virtual int useful_exchanges() const { return 1; }

  /// Let tests set the time of every later statement; nothing: the store's own clock again.
  virtual void set_time_for_tests(std::optional<StoreTime> time) = 0;
};

/// What a role of a database server may do with a store.
enum class StoreGrant : std::uint8_t {
  kEnqueue,  ///< ask for jobs by SQL and see their states
  kWorker,   ///< execute jobs, operate on them, enqueue by the library
  kRead,     ///< look at everything
  kOwner,    ///< everything, migrations included
};

/// How to migrate beside others that use the store.
struct MigrateOptions {
  /// How long to try to get locks that others hold, and to wait for another program that migrates.
  /// A single try holds nobody up for longer than half a second.
  milliseconds patience{60'000};
  /// Called with what is waited for. May be empty.
  std::function<void(std::string_view)> tell = {};
};

/// Make and change a store's tables, apart from its use.
class StoreSchema {
 public:
  virtual ~StoreSchema() = default;
  /// 0: there are no tables. Throws kConfiguration if the place holds something else.
  virtual int version() = 0;
  virtual int newest_version() const = 0;
  /// Bring the tables to the newest version, each migration in a transaction of its own or, where
  /// that is not possible, in steps that can be repeated. Returns the names of those applied. Safe
  /// to run from several programs at once, beside those that use the store, and again after it was
  /// killed. Throws kBusy, naming who is in the way, when the patience has passed.
  virtual std::vector<std::string> migrate(const MigrateOptions& options = {}) = 0;
  /// The text that `migrate` would run.
  virtual std::string migration_script() = 0;
  /// Drop the tables with all jobs.
  virtual void reset() = 0;
  /// The statements that let a role of the server do something; `grant` runs them. They are to be
  /// run again after a migration. Throws kConfiguration where there are no roles.
  virtual std::string grant_script(StoreGrant what, std::string_view role) = 0;
  virtual void grant(StoreGrant what, std::string_view role) = 0;
};

/// How to open a store.
struct StoreOptions {
  std::string url;
  /// Called with the library's own notices ("reconnected"), for logs. May be empty.
  std::function<void(std::string_view)> notice = {};
};

/// What a backend registers for its URL schemes.
struct StoreBackend {
  std::string_view name;  ///< "sqlite", "postgresql"
  std::span<const std::string_view> schemes;
  /// Open for use. Throws kConfiguration if the schema is missing, old or newer, naming the command
  /// that mends it; kUnavailable if the place cannot be reached.
  std::function<std::unique_ptr<Store>(const StoreOptions&)> open;
  std::function<std::unique_ptr<StoreSchema>(const StoreOptions&)> open_schema;
  /// Make what gives attempts a transaction; connects at the first one. Empty: the store has none.
  std::function<std::unique_ptr<AttemptConnection>(const StoreOptions&)> open_attempts = {};
};

}  // namespace stint
