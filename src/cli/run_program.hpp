/// Run any program in place of a task: `run -- COMMAND`.
#pragma once
#include <chrono>
#include <string>
#include <vector>

namespace stint::cli {

class Context;

/// Run the program to its end, on this terminal and without a store, and return the exit code:
/// its own; 128 and the signal that it died of; 127 if there is no such program, 126 if it cannot
/// be executed; 75 if it took longer than `timeout` (0: none). SIGINT and SIGTERM are handed on to
/// it; what does not end then is killed after a grace, at once by a second signal.
int run_program_here(Context& context, const std::vector<std::string>& command,
                     std::chrono::nanoseconds timeout);

}  // namespace stint::cli
