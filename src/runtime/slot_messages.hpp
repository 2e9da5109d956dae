/// What a worker and its slot processes say to each other.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>
#include "core/job_records.hpp"
#include "stint/enqueue.hpp"
#include "stint/error.hpp"
#include "stint/log.hpp"
#include "stint/metrics.hpp"

namespace stint::slot {

// --- To the slot --------------------------------------------------------------------------------

/// The first message: all that a slot needs to be the same program. Secrets travel here, never on a
/// command line. Two descriptors come with it: what the report of a crash is written to, and the
/// memory of a BurstPage.
struct Hello {
  std::string settings;  ///< by `pack_settings`
  std::string store;     ///< the name or URL that the command line gave; empty: the default
  /// The paths of the module files that the worker has loaded; their descriptors come with the
  /// message, after those of the crash report and the page.
  std::vector<std::string> modules = {};
};

/// Execute a job. Two descriptors come with it: what becomes its standard output and error; with a
/// third, which it holds open, a lock stays with it.
struct Start {
  ClaimedJob job;
  std::vector<std::string> attachments;  ///< the Bytes of its arguments
  std::int64_t lock_token = 0;           ///< of the lock under which it runs; 0: none
};

/// Execute several jobs in a row, quick ones of whose tasks the last ones were quiet: what becomes
/// of them stands in the page that came with the Hello. Two descriptors come with it, for all of
/// them.
struct Burst {
  std::vector<ClaimedJob> jobs;  ///< without attachments
};

/// Ask the running job to stop, if it is this one.
struct Stop {
  JobId id;
  Epoch epoch;
  StopReason reason = StopReason::kNone;
  std::string message;
};

/// The answer to an `Enqueue`.
struct Enqueued {
  JobId id;           ///< 0: it failed
  std::string error;  ///< then its message
  int code = 0;       ///< and its ErrorCode
};

// --- To the worker ------------------------------------------------------------------------------

/// The slot has checked its settings and can take a job.
struct Ready {};

/// It cannot: wrong settings. It ends then.
struct Unfit {
  std::string message;
};

struct LogLine {
  LogLevel level = LogLevel::kInfo;
  std::string text;
};

struct Progress {
  double fraction = 0;
  std::string message;
};

struct Enqueue {
  std::string task;
  std::string args;     ///< JSON, as CBOR: Bytes included
  std::string options;  ///< the members of EnqueueOptions, as CBOR
};

/// The job has ended; the slot is free again, unless `retires`.
struct End {
  Completion completion;
  bool retires = false;                      ///< the slot must not be used again
  std::optional<ErrorCode> error_code = {};  ///< of the Error that the task threw, if it was one
};

/// No job of the burst is left to begin, and the ends of all stand in the page.
struct Idle {};

/// The task makes progress.
struct ExtendLock {};

/// Stamp a success of the task.
struct WriteLiveness {};

/// Metrics of the task's own.
struct PushMetrics {
  std::vector<Metric> metrics;
};

using ToSlot = std::variant<Hello, Start, Stop, Enqueued, Burst>;
using ToWorker = std::variant<Ready, Unfit, LogLine, Progress, Enqueue, End, Idle, ExtendLock,
                              WriteLiveness, PushMetrics>;

std::string encode(const ToSlot& message);
std::string encode(const ToWorker& message);
/// Nothing: the text is no such message.
std::optional<ToSlot> decode_for_slot(std::string_view text);
std::optional<ToWorker> decode_for_worker(std::string_view text);

std::string pack_options(const EnqueueOptions& options);
EnqueueOptions unpack_options(std::string_view text);

}  // namespace stint::slot
