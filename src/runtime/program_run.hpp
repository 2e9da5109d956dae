/// Run a program to its end, and stop it for certain when that is asked for.
#pragma once
#include <chrono>
#include <csignal>
#include <functional>
#include <optional>
#include <stop_token>
#include "base/clock.hpp"
#include "process/keeper.hpp"
#include "process/output_capture.hpp"
#include "runtime/work_deadline.hpp"

namespace stint {

/// Where a program has the descriptor by which its runner's lock stays with it.
inline constexpr int kLockDescriptor = 9;

/// One run of a program.
struct ProgramRun {
  SpawnOptions program = {};
  /// Reads what it prints; null: it has the descriptors 0, 1 and 2 of this process.
  OutputCapture* capture = nullptr;
  /// Told of the program once it runs.
  std::function<void(const ChildProcess&)> on_started = {};
  /// Asked before each read: false leaves the output in the pipe for now. Unset: always.
  std::function<bool()> may_read = {};
  /// Asks it to end: the signal at once, and after `grace` the end of everything that it started.
  std::stop_token stop = {};
  std::function<int()> stop_signal = [] { return SIGTERM; };
  /// Ends it without any grace.
  std::stop_token kill = {};
  std::chrono::nanoseconds grace = std::chrono::seconds{5};
  WorkDeadline* deadline = nullptr;                      ///< when it must be dead; null: whenever
  std::optional<std::chrono::nanoseconds> timeout = {};  ///< from its start; then as by `stop`
};

struct ProgramEnd {
  ExitStatus status;
  bool timed_out = false;
};

/// Start the program and wait for its end; by then nothing that it started runs any more. Throws
/// Error kUnavailable if it cannot be started, and what the capture's sink throws (then it is
/// killed).
ProgramEnd run_program(Keeper& keeper, const ProgramRun& run, const Clock& clock = real_clock());

}  // namespace stint
