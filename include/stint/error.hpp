/// The library's exceptions: one root with properties, and the signals that a task may throw.
#pragma once
#include <chrono>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>
#include "stint/types.hpp"

namespace stint {

/// Say what kind of thing went wrong. Each kind has one exit code of the command line.
enum class ErrorCode {
  kInternal,       ///< a defect of the library; exit 70
  kFailed,         ///< a job that was waited for failed or was aborted; exit 1
  kUsage,          ///< a call or command line that cannot be meant; exit 2
  kNotFound,       ///< no such job, task, worker; exit 3
  kNotOwner,       ///< somebody else's; exit 4
  kLost,           ///< a right that was held has passed away; exit 5
  kUnavailable,    ///< the store cannot be reached, is full or read-only; exit 69
  kBusy,           ///< held by another, or timed out; exit 75
  kConfiguration,  ///< settings, declarations or a schema that do not fit; exit 78
  kInvalid,        ///< data that is refused: arguments, JSON, text, sizes; exit 2
};

/// Turn a kind into the exit code of a command that ends with it.
int exit_code(ErrorCode code);

/// Be the root of everything that the library throws. Immutable; safe to copy between threads.
class Error : public std::runtime_error {
 public:
  /// Carry what only a failed call to a backend has.
  struct Details {
    bool retryable = false;        ///< the same call may succeed later
    bool outcome_unknown = false;  ///< the call may have taken effect
    std::string backend = {};      ///< "sqlite", "postgresql"; empty elsewhere
    std::string statement = {};    ///< the name of the statement's file without its ending
    std::string native_code = {};  ///< SQLSTATE, SQLite's extended result code
  };

  Error(ErrorCode code, const std::string& message) : Error(code, message, Details{}) {}
  Error(ErrorCode code, const std::string& message, Details details)
      : std::runtime_error(message), code_(code), details_(std::move(details)) {}

  ErrorCode code() const { return code_; }
  bool retryable() const { return details_.retryable; }
  bool outcome_unknown() const { return details_.outcome_unknown; }
  const std::string& backend() const { return details_.backend; }
  const std::string& statement() const { return details_.statement; }
  const std::string& native_code() const { return details_.native_code; }

 private:
  ErrorCode code_;
  Details details_;
};

/// Report every problem of settings and declarations at once. The message has one line a problem.
class ConfigurationError final : public Error {
 public:
  explicit ConfigurationError(std::vector<std::string> problems);

  const std::vector<std::string>& problems() const { return problems_; }

 private:
  std::vector<std::string> problems_;
};

/// Report that a waited-for job did not end as `done`. The message is the job's own error.
class JobFailed final : public Error {
 public:
  JobFailed(JobId id, JobState state, std::string cause, const std::string& message);

  JobId id() const { return id_; }
  JobState state() const { return state_; }            ///< kFailed or kAborted
  const std::string& cause() const { return cause_; }  ///< "error", "timeout", "crash limit", ...

 private:
  JobId id_;
  JobState state_;
  std::string cause_;
};

/// Thrown by a task: fail the job for good, whatever attempts are left.
class Reject final : public std::runtime_error {
 public:
  explicit Reject(const std::string& reason) : std::runtime_error(reason) {}
};

/// Thrown by a task: fail this attempt and say when the next one is due.
class RetryIn final : public std::runtime_error {
 public:
  RetryIn(std::chrono::milliseconds delay, const std::string& reason)
      : std::runtime_error(reason), delay_(delay) {}
  std::chrono::milliseconds delay() const { return delay_; }

 private:
  std::chrono::milliseconds delay_;
};

/// Thrown by a task: put the job off. No attempt and no failure is counted.
class Snooze final : public std::runtime_error {
 public:
  explicit Snooze(std::chrono::milliseconds delay, const std::string& reason = "snoozed")
      : std::runtime_error(reason), delay_(delay) {}
  std::chrono::milliseconds delay() const { return delay_; }

 private:
  std::chrono::milliseconds delay_;
};

/// Say why a job is asked to stop.
enum class StopReason {
  kNone,
  kAborted,   ///< somebody asked for it
  kTimeout,   ///< the task's timeout has passed
  kShutdown,  ///< the worker must end; the job goes back as interrupted
  kLost,      ///< the right to run was lost; whatever the job returns is dropped
};

/// Thrown by `Job::check_stop` and `Job::sleep_for` once the job is asked to stop. Let it pass.
class Stopped final : public std::runtime_error {
 public:
  explicit Stopped(StopReason reason);
  StopReason reason() const { return reason_; }

 private:
  StopReason reason_;
};

}  // namespace stint
