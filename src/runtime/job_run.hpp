/// One execution of a job within this process: what its task sees as `Job`.
#pragma once
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>
#include "base/clock.hpp"
#include "base/mutex.hpp"
#include "core/attempt_transaction.hpp"
#include "core/job_records.hpp"
#include "core/payload.hpp"
#include "process/keeper.hpp"
#include "process/output_lines.hpp"
#include "runtime/work_deadline.hpp"
#include "stint/job.hpp"

namespace stint {

/// What an execution needs of its surroundings. Shared: a task that ignores its stop may outlive
/// the worker that started it.
class JobHost {
 public:
  virtual ~JobHost() = default;
  /// Keep a line for the job's log.
  virtual void add_log_line(NewLogLine line) = 0;
  /// Whether the log can take more now; who reads from pipes asks before each read.
  virtual bool has_log_room() { return true; }
  /// Whether what a program prints is kept in the log. False: it prints where this process does.
  virtual bool keeps_output() const { return true; }
  /// Hear of a progress as soon as it is told; a worker asks for it by `take_report` instead.
  virtual void tell_progress(double /*fraction*/, const std::string& /*message*/) {}
  virtual JobId enqueue_child(std::string_view task, const json& args, EnqueueOptions options) = 0;
  /// Let a sleep of the task pass where the clock is moved by hand, and say so; false: it sleeps as
  /// long as it takes.
  virtual bool pass_sleep(std::chrono::nanoseconds /*duration*/) { return false; }
  /// The task makes progress, for a lock that asks for that.
  virtual void extend_lock() {}
  /// Stamp a success of the task now. Throws Error kUsage where no liveness is kept.
  virtual void write_liveness(const std::string& task);
  /// Take metrics of the task's own, which are checked already. Throws Error kUsage where nobody
  /// takes them.
  virtual void push_metrics(const std::string& task, std::vector<Metric> metrics);
};

/// What the execution has reported and not yet written.
struct PendingReport {
  std::optional<double> progress = {};
  std::string message = {};
};

/// Where an execution runs; neither while it waits for a process.
struct RunPlace {
  std::optional<ChildView> process = {};  ///< a slot's, or a program
  pid_t thread = 0;                       ///< of this process; 0: none
};

/// The lock under which an execution runs.
struct RunLease {
  std::int64_t token = 0;            ///< 0: none
  WorkDeadline* deadline = nullptr;  ///< of the process that executes; null: none
  int descriptor = -1;               ///< for that process to hold open; -1: none
};

class JobRun;

/// `job.liveness()` of one execution.
class RunLiveness final : public Liveness {
 public:
  explicit RunLiveness(JobRun& run) : run_(run) {}
  void write() override;

 private:
  JobRun& run_;
};

/// `job.metrics()` of one execution.
class RunMetrics final : public Metrics {
 public:
  explicit RunMetrics(JobRun& run) : run_(run) {}
  void push(std::vector<Metric> metrics) override;

 private:
  JobRun& run_;
};

/// Thread-safe: the task's threads and the worker's threads meet here.
class JobRun final : public Job, private JobLog {
 public:
  /// Lines of `log()` beyond `most_log_bytes` are counted and dropped; the log says so.
  JobRun(ClaimedJob job, json args, std::shared_ptr<JobHost> host, const Clock& clock,
         std::size_t most_log_bytes = std::numeric_limits<std::size_t>::max());

  // Job
  JobId id() const override { return job_.id; }
  const std::string& task() const override { return job_.task; }
  const json& args() const override { return args_; }
  const json& metadata() const override { return metadata_; }
  std::string traceparent() const override;
  void set_traceparent(std::string_view traceparent) override;
  int attempt() const override { return job_.attempts + 1; }
  Epoch epoch() const override { return job_.epoch; }
  std::optional<std::chrono::nanoseconds> deadline() const override { return deadline_; }
  std::stop_token stop_token() const override { return stop_.get_token(); }
  StopReason stop_reason() const override { return reason_.load(); }
  void sleep_for(std::chrono::nanoseconds duration) override;
  JobLog& log() override { return *this; }
  void progress(double fraction, std::string_view message) override;
  void set_output(json output) override;
  Transaction& transaction() override;
  std::int64_t fencing_token() const override {
    return lease_.token != 0 ? lease_.token : epoch().value;
  }
  void extend_lock() override;
  Liveness& liveness() override { return liveness_; }
  Metrics& metrics() override { return metrics_; }

  // For the worker
  const ClaimedJob& job() const { return job_; }
  /// The date and time of day where it runs.
  std::chrono::system_clock::time_point system_now() const { return clock_.system_now(); }
  /// Replace the arguments by the checked ones, before the task is called.
  void set_args(json args) { args_ = std::move(args); }
  /// Say under which lock it runs, before the task is called.
  void set_lease(RunLease lease) { lease_ = lease; }
  const RunLease& lease() const { return lease_; }
  /// Note what kind of Error the task threw, for who runs one task alone.
  void set_error_code(ErrorCode code) { error_code_ = code; }
  std::optional<ErrorCode> error_code() const { return error_code_; }
  /// Note that its process ended by SIGKILL after a stop was asked for.
  void set_killed() { was_killed_ = true; }
  bool was_killed() const { return was_killed_; }
  JobHost& host() { return *host_; }
  std::chrono::nanoseconds started_at() const { return started_at_; }
  /// Ask the task to stop. The first reason stays.
  void request_stop(StopReason reason, std::string message);
  /// When the stop was asked for, on the boot clock; nothing while it is not.
  std::optional<std::chrono::nanoseconds> stop_asked_at() const;
  std::string stop_message() const;
  /// What `set_output` left; nothing if it was not called.
  std::optional<json> take_output();
  /// What there is to report since the last call.
  std::optional<PendingReport> take_report();
  /// Give a report back that could not be written; a newer one stays.
  void keep_report(PendingReport report);
  /// Keep a line that this execution printed. Any bytes; bounded by who captures.
  void add_output(const OutputLine& line);
  /// Keep a line of a look at its stacks.
  void add_stack_line(std::string_view text);
  /// Say where the task's code runs from now on.
  void set_place(RunPlace place);
  RunPlace place() const;
  /// Give the attempt its transaction, before the task is called.
  void set_transaction(std::unique_ptr<AttemptTransaction> transaction);
  /// Null without one. For the thread that executes.
  AttemptTransaction* attempt_transaction() const;
  /// Roll back what was not committed.
  void end_transaction();
  /// Have the server roll back, while the task keeps its thread.
  void sever_transaction() noexcept;
  std::chrono::nanoseconds ran_for() const { return clock_.boot_now() - started_at_; }
  /// Say how much of the log was dropped, if anything was: the task has returned.
  void finish_log();
  bool has_log_room() { return host_->has_log_room(); }
  bool keeps_output() const { return host_->keeps_output(); }
  /// Say that whoever executes this kills it in time after a stop: nobody else needs to give it up.
  void set_stopped_for_certain(bool is = true) { is_stopped_for_certain_ = is; }
  bool is_stopped_for_certain() const { return is_stopped_for_certain_; }
  /// Claim the right to end this execution: the first caller gets true. The slot's thread and who
  /// abandons a task that ignores its stop race for it.
  bool take_end() { return !ended_.exchange(true); }
  bool has_ended() const { return ended_; }

 private:
  void write(LogLevel level, std::string_view line) override;
  JobId enqueue_child(std::string_view task, const json& args,
                      const EnqueueOptions& options) override;
  void add_line(LogLevel level, LogSource source, std::string_view text);

  const ClaimedJob job_;
  json args_;
  json metadata_;
  const std::shared_ptr<JobHost> host_;
  const Clock& clock_;
  const std::size_t most_log_bytes_;
  const std::chrono::nanoseconds started_at_;
  const std::optional<std::chrono::nanoseconds> deadline_;
  RunLease lease_;
  // Of the thread that executes.
  std::optional<ErrorCode> error_code_;
  bool was_killed_ = false;
  RunLiveness liveness_{*this};
  RunMetrics metrics_{*this};

  std::stop_source stop_;
  std::atomic<StopReason> reason_{StopReason::kNone};
  std::atomic<bool> ended_{false};
  std::atomic<bool> is_stopped_for_certain_{false};
  std::atomic<int> children_{0};

  mutable Mutex mutex_;
  CondVar stopped_;
  std::string stop_message_ STINT_GUARDED_BY(mutex_);
  std::optional<std::chrono::nanoseconds> stop_asked_at_ STINT_GUARDED_BY(mutex_);
  std::optional<json> output_ STINT_GUARDED_BY(mutex_);
  std::string traceparent_ STINT_GUARDED_BY(mutex_);
  std::unique_ptr<AttemptTransaction> transaction_ STINT_GUARDED_BY(mutex_);
  RunPlace place_ STINT_GUARDED_BY(mutex_);
  std::optional<PendingReport> report_ STINT_GUARDED_BY(mutex_);
  std::size_t log_bytes_ STINT_GUARDED_BY(mutex_) = 0;
  std::uint64_t dropped_log_bytes_ STINT_GUARDED_BY(mutex_) = 0;
};

}  // namespace stint
