/// How a process ended, and what it had used.
#pragma once
#include <chrono>
#include <cstdint>
#include <string>

namespace stint {

/// What the kernel tells of a process once it has ended.
struct ExitStatus {
  int code = 0;              ///< what it returned; only where `signal` is 0
  int signal = 0;            ///< the signal that it died of; 0: it ended by itself
  bool dumped_core = false;  ///< by that signal
  /// User and system, of itself and of its waited-for children.
  std::chrono::microseconds cpu_time{0};
  /// Of its largest resident set, in bytes; at least that of the process that forked it.
  std::int64_t peak_memory = 0;
};

/// Name a signal: "SIGSEGV"; "signal 42" for one without a name.
std::string signal_name(int signal);

/// Say how a process ended: "exit code 3", "signal SIGSEGV (core dumped)".
std::string describe(const ExitStatus& status);

}  // namespace stint
