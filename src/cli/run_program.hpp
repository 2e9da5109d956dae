/// Run any program in place of a task: `run -- COMMAND`.
#pragma once
#include <chrono>
#include <optional>
#include <string>
#include <vector>
#include "cli/runner_options.hpp"

namespace stint::cli {

class Context;

/// A program to run.
struct ProgramLine {
  std::vector<std::string> command;
  std::chrono::nanoseconds timeout{0};  ///< 0: none
  /// Under which name it is run, for its lock, the log and the metrics; empty: it has none.
  std::string name = {};
};

/// Run the program on this terminal, without a store, and return the exit code. Once: its own; 128
/// and the signal that it died of; 127 if there is no such program, 126 if it cannot be executed;
/// 75 if it took longer than its timeout. In a loop, or where it did not run: as a task's. SIGINT
/// and SIGTERM are handed on to it; what does not end then is killed after a grace, at once by a
/// second signal.
int run_program_here(Context& context, const ProgramLine& line, const RunnerChoice& choice);

}  // namespace stint::cli
