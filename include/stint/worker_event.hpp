/// What a worker tells the program that it is part of.
#pragma once
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include "stint/types.hpp"

namespace stint {

enum class WorkerEventKind : std::uint8_t {
  // Of the worker.
  kRegistered,  ///< the store knows it, under a new number: at the start, and after a lost lease
  kLeaseLost,   ///< its lease ran out or it was declared dead: others may have its jobs
  kRescued,     ///< it found another worker dead and freed that one's jobs
  kLeft,        ///< it has left the store; the last event
  // Of a job.
  kStarted,   ///< an attempt begins here
  kProgress,  ///< the task told how far it is; at most a few a second, the latest wins
  kDone,      ///< the store has taken its success
  kRetry,     ///< the store has taken its failure; another attempt follows after `delay`
  kFailed,    ///< the store has taken its failure, and no attempt follows
  kAborted,   ///< the store has taken its end, and somebody had asked for that; it may have failed
  kSnoozed,   ///< it put itself off, for `delay`
  kInterrupted,  ///< it goes back without charge: the worker ends, or could not begin it
  kFenced,       ///< its end was refused: the job had ended or was given to another
};

/// Name a kind: "lease lost".
std::string_view to_string(WorkerEventKind kind);

/// One thing that happened. What does not belong to its kind is empty or 0.
struct WorkerEvent {
  WorkerEventKind kind = WorkerEventKind::kStarted;
  std::chrono::system_clock::time_point at = {};  ///< by this machine's clock
  WorkerId worker = {};
  /// Events before this one that were dropped because the program did not take them in time.
  std::uint64_t dropped = 0;

  // Of a job.
  JobId job = {};
  Epoch epoch = {};
  std::string task = {};
  std::string domain = {};
  int attempt = 0;                       ///< from 1
  std::chrono::microseconds ran_for{0};  ///< of one that ended
  std::chrono::milliseconds delay{0};    ///< of kRetry and kSnoozed
  std::string cause = {};                ///< of kRetry, kFailed and kAborted: "error", "timeout"
  std::string message = {};              ///< of the error, or of the progress
  std::optional<double> progress = {};   ///< of kProgress, 0 to 1

  // Of kRescued.
  WorkerId rescued = {};
  int crashed = 0;      ///< jobs that were charged with a crash
  int interrupted = 0;  ///< jobs that went back without charge
  int failed = 0;       ///< of those charged: jobs that have failed by it
};

}  // namespace stint
