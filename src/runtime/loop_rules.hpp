/// What a runner does after each run: pure decisions, without a clock of their own.
#pragma once
#include <chrono>
#include <optional>
#include "runtime/run_metrics.hpp"

namespace stint {

/// When and how often a task is run.
struct LoopRules {
  bool run_once = false;
  /// From the end of a run to the start of the next. Zero, as the other: the next starts at once.
  std::chrono::nanoseconds sleep_interval{0};
  /// From the start of a run to the start of the next. At most one of the two is above zero.
  std::chrono::nanoseconds run_interval{0};
  bool keep_lock = false;  ///< one lease from the first run to the last
  bool release_on_error =
      false;  ///< acts with `keep_lock` alone: without it, it is released anyway
};

/// A run that has ended, in times of the boot clock.
struct EndedRun {
  RunStatus status = RunStatus::kSucceeded;
  std::chrono::nanoseconds started_at{0};
  std::chrono::nanoseconds ended_at{0};
  /// The task has put itself off for so long.
  std::optional<std::chrono::nanoseconds> put_off = {};
};

/// What comes after it.
struct NextStep {
  bool is_last = false;
  bool releases_lock = true;  ///< before the pause
  std::chrono::nanoseconds next_at{0};
};

/// Decide. An overrun of the run interval starts the next at once and is not made up.
NextStep next_step(const LoopRules& rules, const EndedRun& run);

}  // namespace stint
