/// What a task prints with std::cout, std::cerr and std::clog on a slot's thread.
#pragma once
#include "process/output_lines.hpp"

namespace stint {

/// Have the standard streams of C++ ask, at each write, whether this thread's output is captured.
/// What other threads write passes through as it is, without a lock. Installed while at least one
/// of these lives; the streams' buffers are exchanged by the first and put back by the last (unless
/// the program has put in others of its own by then). Thread-safe, but for threads that print at
/// the very moment of the exchange.
class OutputHook final {
 public:
  OutputHook();
  ~OutputHook();
  OutputHook(const OutputHook&) = delete;
  OutputHook& operator=(const OutputHook&) = delete;
};

/// Capture what this thread prints with the standard streams of C++ while the object lives and a
/// hook is installed. Made and destroyed by the same thread; the innermost one captures. `printf`,
/// writes to a descriptor, child processes and other threads are not captured. Lines are handed on
/// as they end, what has no line end by the destructor; the sink is called on this thread, and what
/// it throws is dropped with the line.
class ThreadOutput final {
 public:
  ThreadOutput(CaptureLimits limits, OutputLines::Sink sink);
  ~ThreadOutput();
  ThreadOutput(const ThreadOutput&) = delete;
  ThreadOutput& operator=(const ThreadOutput&) = delete;

 private:
  friend class OutputSwitch;

  OutputLines lines_;
  ThreadOutput* const outer_;
};

}  // namespace stint
