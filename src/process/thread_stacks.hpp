/// Where the threads of a process are, seen from outside.
#pragma once
#include <sys/types.h>
#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace stint {

/// One call that has not returned.
struct StackFrame {
  std::uint64_t address = 0;
  std::string function = {};  ///< demangled; empty: not known
  std::uint64_t function_offset = 0;
  std::string module = {};          ///< the file's name without its folders; empty: not known
  std::uint64_t module_offset = 0;  ///< as addr2line takes it
  std::string source = {};          ///< "file.cpp:42"; empty: not known
};

/// The stack of one thread, the innermost frame first.
struct ThreadStack {
  pid_t thread = 0;
  std::string name = {};
  std::vector<StackFrame> frames = {};
  bool is_cut = false;       ///< there are more frames than are kept
  std::string problem = {};  ///< why there is no frame, or not all of them; empty: all went well
};

/// The stacks of a process.
struct ProcessStacks {
  pid_t process = 0;
  std::string program = {};  ///< its first argument: others may be secrets
  std::vector<ThreadStack> threads = {};
  std::chrono::nanoseconds longest_halt{0};  ///< of one thread
  std::string problem = {};  ///< why there is no thread, or not all of them; empty: all went well
};

/// Read the stacks of a process that this one may trace: an own child or what descends from it.
/// Each thread is halted by itself for the moment that its frames are counted (no signal is sent,
/// and a system call that it waits in goes on), then let go, whatever fails; functions are named
/// afterwards. `is_the_same` is asked while a thread is halted: false says that the number belongs
/// to another process by now, which is then left alone. Waits at most a second for a thread that
/// does not halt; looks at no more threads once `deadline` has passed. What goes wrong with the
/// target is in the result. Throws Error kUnavailable without elfutils' library, or a thread of
/// its own.
ProcessStacks read_stacks(pid_t process, const std::function<bool()>& is_the_same,
                          std::chrono::steady_clock::time_point deadline);

/// Write stacks as lines of text, without line ends.
std::vector<std::string> stack_lines(const ProcessStacks& stacks);
std::vector<std::string> stack_lines(const ThreadStack& stack);

}  // namespace stint
