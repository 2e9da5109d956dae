/// The stack of a process that dies of a signal, kept for its parent.
#pragma once
#include <string>
#include <vector>
#include "base/unique_fd.hpp"

namespace stint {

/// Make a file in memory for one process's report. Throws Error kUnavailable when there are no
/// descriptors left.
UniqueFd make_crash_report();

/// Write the stack of the thread that causes SIGSEGV, SIGBUS, SIGFPE, SIGILL or SIGABRT into the
/// file, and die of the signal then as before. For the rest of the process's life; the descriptor
/// must stay open. A handler of the program's own that is set later replaces it. Under a sanitizer,
/// which has a report of its own, it does nothing.
void install_crash_report(int descriptor);

/// Read what a process left: one frame a line, the innermost first; empty if it wrote nothing.
std::vector<std::string> read_crash_report(int descriptor);

}  // namespace stint
