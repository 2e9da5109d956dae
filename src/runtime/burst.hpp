/// Several quick jobs in a row in one slot process, as the worker sees them.
#pragma once
#include <cstddef>
#include <optional>
#include <span>
#include <vector>
#include "core/job_records.hpp"
#include "process/output_capture.hpp"
#include "runtime/slot_messages.hpp"
#include "runtime/slot_processes.hpp"

namespace stint {

/// A job that a process has begun and not ended, or that was not quiet.
struct BegunJob {
  OutputPipes pipes;  ///< its output
  /// What the process said last, of this job.
  std::optional<slot::ToWorker> message = {};
};

/// What became of the jobs of a burst, in order: those that ended, one that has begun, if any, and
/// the rest, which has not begun and will not.
struct BurstReport {
  std::vector<Completion> ended = {};
  std::optional<BegunJob> begun = {};
  bool is_process_usable = true;  ///< false: it is dead, or must be thrown away
};

/// Hand jobs over together and wait while they are quiet and quick. At the first one that speaks,
/// prints or takes long, what has not begun is taken back. The process must be ready. Throws Error
/// kUnavailable, retryable, if there are no descriptors left: nothing has begun.
BurstReport run_burst(SlotProcess& process, std::span<const ClaimedJob> jobs);

}  // namespace stint
