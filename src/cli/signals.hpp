/// SIGINT and SIGTERM as calls on an ordinary thread.
#pragma once
#include <functional>
#include <memory>

namespace stint::cli {

/// The exit code of what a signal ended is the signal's number and this, as shells have it.
inline constexpr int kSignalExit = 128;

/// Call `handle(signal, count)` for each SIGINT and SIGTERM while the object lives, on a thread of
/// its own, where everything may be done. `count` is 1 for the first. Signals are caught, not
/// blocked, so that programs which a task starts do not inherit a blocked mask. One object at a
/// time.
class SignalWatcher {
 public:
  using Handle = std::function<void(int signal, int count)>;

  /// Throws Error kInternal if the system gives no pipe.
  explicit SignalWatcher(Handle handle);
  /// Restores the former handling and joins the thread.
  ~SignalWatcher();
  SignalWatcher(const SignalWatcher&) = delete;
  SignalWatcher& operator=(const SignalWatcher&) = delete;

  /// The first signal that came; 0 while none has.
  int first_signal() const;
  /// Have the destructor leave SIGINT and SIGTERM without effect: the program is about to end by
  /// one of them, with an exit code of its own.
  void stay_deaf() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

/// Give the descriptors 0, 1 and 2 something where they are closed, so that no file of ours gets
/// their numbers and is written to as if it were the terminal. Reading and writing there fails as
/// it would have.
void occupy_standard_descriptors();

/// Let writes to a closed pipe or socket fail with EPIPE instead of ending the process.
void ignore_closed_pipes();

}  // namespace stint::cli
