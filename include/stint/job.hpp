/// What a running task sees of the job that it executes.
#pragma once
#include <chrono>
#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <fmt/format.h>
#include "stint/enqueue.hpp"
#include "stint/error.hpp"
#include "stint/json.hpp"
#include "stint/liveness.hpp"
#include "stint/log.hpp"
#include "stint/metrics.hpp"
#include "stint/task.hpp"
#include "stint/types.hpp"

namespace stint {

/// Write lines into the job's own log: `job logs ID` shows them. Lines are text in UTF-8 (what is
/// not is replaced), stored within a second and when the attempt ends. Any thread of the task may
/// write.
class JobLog {
 public:
  virtual ~JobLog() = default;

  template <typename... Args>
  void debug(fmt::format_string<Args...> format, Args&&... args) {
    write(LogLevel::kDebug, fmt::format(format, std::forward<Args>(args)...));
  }
  template <typename... Args>
  void info(fmt::format_string<Args...> format, Args&&... args) {
    write(LogLevel::kInfo, fmt::format(format, std::forward<Args>(args)...));
  }
  template <typename... Args>
  void warning(fmt::format_string<Args...> format, Args&&... args) {
    write(LogLevel::kWarning, fmt::format(format, std::forward<Args>(args)...));
  }
  template <typename... Args>
  void error(fmt::format_string<Args...> format, Args&&... args) {
    write(LogLevel::kError, fmt::format(format, std::forward<Args>(args)...));
  }

  /// Write one line as it is.
  virtual void write(LogLevel level, std::string_view line) = 0;
};

/// The open transaction of an attempt, for a task with the option `transaction`. What the task
/// writes in it is committed together with the job's completion, or not at all: it happens exactly
/// once. Valid until the handler returns; the handler neither commits nor rolls back.
class Transaction {
 public:
  virtual ~Transaction() = default;

  /// Name the store's backend: "postgresql".
  virtual std::string_view backend() const = 0;
  /// Return the driver's own handle, owned by the library: take it by the typed function of the
  /// backend's header, `stint::postgresql::connection`.
  virtual void* native_handle() = 0;
};

/// Be the one way from a task to its job. The library hands a reference to the handler; it is valid
/// until the handler returns. All members may be called from any thread of the task.
class Job {
 public:
  virtual ~Job() = default;

  virtual JobId id() const = 0;
  virtual const std::string& task() const = 0;
  /// The arguments, defaults filled in: an object.
  virtual const json& args() const = 0;
  /// What the enqueuer attached; an object, empty if nothing.
  virtual const json& metadata() const = 0;
  /// The number of this try, from 1. Grows when an attempt starts, not with snoozes.
  virtual int attempt() const = 0;
  /// The claim that this execution holds.
  virtual Epoch epoch() const = 0;
  /// When the timeout passes, on CLOCK_BOOTTIME; nothing without a timeout.
  virtual std::optional<std::chrono::nanoseconds> deadline() const = 0;

  /// The trace to which it belongs, in the form of the W3C Trace Context:
  /// "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01". It is `metadata()["traceparent"]`,
  /// or what `set_traceparent` said since; empty for none and for what has not that form.
  virtual std::string traceparent() const;
  /// Say under which span it goes on: children that it enqueues inherit it, and a task that is a
  /// program finds it in TRACEPARENT. Empty: under none. Throws Error kInvalid for another form.
  virtual void set_traceparent(std::string_view traceparent);

  /// Ask to be told of a stop: abort, timeout, shutdown, lost right.
  virtual std::stop_token stop_token() const = 0;
  /// Tell why a stop is asked for; kNone while it is not.
  virtual StopReason stop_reason() const = 0;
  /// Throw `Stopped` if a stop is asked for.
  void check_stop() const;
  /// Sleep on CLOCK_BOOTTIME; throw `Stopped` as soon as a stop is asked for.
  virtual void sleep_for(std::chrono::nanoseconds duration) = 0;

  virtual JobLog& log() = 0;
  /// Tell how far the task is: `fraction` from 0 to 1 (what is outside is clamped). Stored within a
  /// second, the latest wins.
  virtual void progress(double fraction, std::string_view message = {}) = 0;
  /// Set the output. Kept even if the attempt then fails; what the handler returns replaces it.
  virtual void set_output(json output) = 0;

  /// The token of the lock or claim under which the task runs, for a resource to refuse an older
  /// one; grows with each holder. Of a queued job: its epoch.
  virtual std::int64_t fencing_token() const { return epoch().value; }
  /// Tell a `stall_timeout` that the task still makes progress. Throws `Stopped` if a stop is asked
  /// for.
  virtual void extend_lock() { check_stop(); }

  /// Stamp a success before the end, where `[liveness]` says. Throws Error kUsage where the task
  /// runs without settings for it.
  virtual Liveness& liveness();
  /// Push metrics of the task's own, where `[metrics]` says. Throws as `liveness`.
  virtual Metrics& metrics();

  /// Return the open transaction of this attempt, made by the library on a connection of its own.
  /// For one thread at a time. Throws Error kUsage unless the task has the option `transaction`.
  virtual Transaction& transaction();

  /// Enqueue a child. The n-th enqueue of every attempt of this job is the same job: a retry
  /// enqueues nothing twice. It inherits the job's traceparent (and tracestate) unless its metadata
  /// states one; null there: none.
  template <typename Args, typename Result>
  JobId enqueue(const Task<Args, Result>& task, const std::type_identity_t<Args>& args,
                const EnqueueOptions& options = {}) {
    return enqueue_child(task.name(), json(args), options);
  }
  JobId enqueue(std::string_view task, const json& args = json::object(),
                const EnqueueOptions& options = {}) {
    return enqueue_child(task, args, options);
  }

 private:
  virtual JobId enqueue_child(std::string_view task, const json& args,
                              const EnqueueOptions& options) = 0;
};

}  // namespace stint
