/// Enqueue jobs and wait for them.
#pragma once
#include <chrono>
#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <ranges>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>
#include "stint/enqueue.hpp"
#include "stint/error.hpp"
#include "stint/json.hpp"
#include "stint/log.hpp"
#include "stint/module_definition.hpp"
#include "stint/task.hpp"
#include "stint/types.hpp"

namespace stint {

class Settings;

namespace postgresql {
struct Access;
}  // namespace postgresql

/// One line of a job's log.
struct JobLogLine {
  std::int64_t number = 0;  ///< grows within the job, from 1
  int attempt = 0;
  LogLevel level = LogLevel::kInfo;
  LogSource source = LogSource::kLog;
  std::chrono::system_clock::time_point at = {};
  std::string text = {};
};

namespace detail {
class ClientImpl;

/// The untyped half of a handle.
class JobHandleBase {
 public:
  JobHandleBase(std::shared_ptr<ClientImpl> client, Enqueued enqueued)
      : client_(std::move(client)), enqueued_(enqueued) {}

  JobId id() const { return enqueued_.id; }
  /// Whether this enqueue made the job, rather than found it by its idempotency key.
  bool inserted() const { return enqueued_.inserted; }
  /// Read the job's state; kScheduled and kAborting are told apart. Throws Error kNotFound once the
  /// job was purged.
  JobState state() const;
  /// Wait until the job is final or `timeout` has passed; return the state it then has. Goes on
  /// through outages of the store, except for one at the first look.
  JobState wait_for(std::chrono::milliseconds timeout) const;
  /// The message of the last failure; empty if there was none.
  std::string error() const;
  /// Read the log from line number `from` on.
  std::vector<JobLogLine> logs(std::int64_t from = 1) const;
  /// Ask for the job's end. A job not yet claimed is aborted at once; a running one is asked to
  /// stop. Returns false if it had already ended in another way.
  bool abort(std::string_view message = {}) const;
  /// Queue the job once more after it failed or was aborted: due now, with all its attempts
  /// available again; see docs/jobs.md. Returns false, and does nothing, in any other state. Throws
  /// Error kNotFound once the job was purged; after an error with `outcome_unknown()` look at
  /// `state()` first.
  bool retry() const;

 protected:
  json wait_for_output() const;

 private:
  std::shared_ptr<ClientImpl> client_;
  Enqueued enqueued_;
};
}  // namespace detail

/// Refer to one enqueued job. Cheap to copy; keeps the client's store open; safe between threads.
template <typename Result = json>
class JobHandle final : public detail::JobHandleBase {
 public:
  using JobHandleBase::JobHandleBase;

  /// Wait, without limit, for the end and return the output; null if the task returned nothing.
  /// Throws JobFailed if the job failed or was aborted (its message names job, task and error), and
  /// what the output's conversion to `Result` throws. Waits as `wait_for` does.
  Result get() const {
    if constexpr (std::is_void_v<Result>) {
      wait_for_output();
    } else if constexpr (std::is_same_v<Result, json>) {
      return wait_for_output();
    } else {
      return wait_for_output().template get<Result>();
    }
  }
};

/// Be a store's door for programs: enqueue, wait, read, abort. Cheap to copy; thread-safe. Opens
/// the store at first use.
///
/// A store that cannot be reached ends a call at once with kUnavailable: only the caller knows how
/// long it can wait. Calling again is safe with an idempotency key; without one unless the error
/// says `outcome_unknown()`. A task that this program does not declare is taken from those that
/// workers have registered in the store: its options and the check of its arguments; a task that
/// nobody has registered yet is enqueued unchecked.
class Client {
 public:
  /// Use the store of `[stores] default`. `modules`, if given, let arguments be checked at once
  /// instead of when a worker takes the job. Throws ConfigurationError.
  explicit Client(const Settings& settings, std::initializer_list<ModuleDefinition> modules = {});
  /// For the library itself.
  explicit Client(std::shared_ptr<detail::ClientImpl> impl) : impl_(std::move(impl)) {}

  /// Enqueue one typed job. Once this returns, the store has committed the job.
  /// Throws Error: kInvalid (arguments, options, sizes), kNotFound (a module of this program has no
  /// such task), kConfiguration (the store's URL or tables), kUnavailable.
  template <typename Args, typename Result>
  JobHandle<Result> enqueue(const Task<Args, Result>& task, const std::type_identity_t<Args>& args,
                            const EnqueueOptions& options = {}) {
    return JobHandle<Result>{impl_, enqueue_one(task.name(), json(args), options)};
  }

  /// Enqueue many typed jobs in one transaction: all or none.
  template <typename Args, typename Result, std::ranges::input_range Range>
    requires std::same_as<std::ranges::range_value_t<Range>, Args>
  std::vector<JobHandle<Result>> enqueue(const Task<Args, Result>& task, Range&& many,
                                         const EnqueueOptions& options = {}) {
    std::vector<json> args;
    if constexpr (std::ranges::sized_range<Range>) args.reserve(std::ranges::size(many));
    for (const Args& one : many) args.push_back(json(one));
    return handles<Result>(enqueue_many(task.name(), args, options));
  }

  /// Enqueue one job by the task's name; `args` is an object.
  JobHandle<> enqueue(std::string_view task, const json& args = json::object(),
                      const EnqueueOptions& options = {}) {
    return JobHandle<>{impl_, enqueue_one(task, args, options)};
  }

  /// Enqueue many jobs by the task's name in one transaction: all or none.
  template <std::ranges::input_range Range>
    requires(std::same_as<std::ranges::range_value_t<Range>, json> &&
             !std::same_as<std::remove_cvref_t<Range>, json>)
  std::vector<JobHandle<>> enqueue(std::string_view task, Range&& many,
                                   const EnqueueOptions& options = {}) {
    std::vector<json> args;
    if constexpr (std::ranges::sized_range<Range>) args.reserve(std::ranges::size(many));
    for (const json& one : many) args.push_back(one);
    return handles<json>(enqueue_many(task, args, options));
  }

  /// Make the statement that enqueues one typed job, for any driver to run inside a transaction of
  /// the caller's: at its commit the job exists and workers wake, after a rollback nothing was. It
  /// returns one row with one column, `job`: the job's number. Checks what `enqueue` checks; the
  /// statement may be run several times, each time for another job. Only on a PostgreSQL store.
  /// Who runs it needs no more than `db grant enqueue` gives. Throws as `enqueue`, and Error
  /// kInvalid for a store without SQL and for arguments that hold stint::Bytes.
  template <typename Args, typename Result>
  SqlStatement sql_enqueue(const Task<Args, Result>& task, const std::type_identity_t<Args>& args,
                           const EnqueueOptions& options = {}) {
    return sql_enqueue_one(task.name(), json(args), options);
  }
  /// The same by the task's name; `args` is an object.
  SqlStatement sql_enqueue(std::string_view task, const json& args = json::object(),
                           const EnqueueOptions& options = {}) {
    return sql_enqueue_one(task, args, options);
  }

  /// Refer to a job that was enqueued elsewhere. Throws Error kNotFound.
  template <typename Result = json>
  JobHandle<Result> job(JobId id) {
    check_exists(id);
    return JobHandle<Result>{impl_, Enqueued{.id = id, .inserted = false}};
  }

 private:
  friend struct postgresql::Access;

  Enqueued enqueue_one(std::string_view task, const json& args, const EnqueueOptions& options);
  std::vector<Enqueued> enqueue_many(std::string_view task, const std::vector<json>& many,
                                     const EnqueueOptions& options);
  SqlStatement sql_enqueue_one(std::string_view task, const json& args,
                               const EnqueueOptions& options);
  void check_exists(JobId id);

  template <typename Result>
  std::vector<JobHandle<Result>> handles(const std::vector<Enqueued>& many) {
    std::vector<JobHandle<Result>> result;
    result.reserve(many.size());
    for (const Enqueued& one : many) result.emplace_back(impl_, one);
    return result;
  }

  std::shared_ptr<detail::ClientImpl> impl_;
};

}  // namespace stint
