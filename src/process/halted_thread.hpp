/// One thread of another process, held still for a moment.
#pragma once
#include <sys/types.h>
#include <chrono>
#include <string>

namespace stint {

/// Halt a thread by ptrace, without a signal, and let it go on at the end as if nothing had been. A
/// system call that it waits in is resumed, one that the kernel would have ended with EINTR too
/// (x86-64 alone). Used by one thread, whose end lets go of whatever did not halt in time.
class HaltedThread final {
 public:
  HaltedThread(pid_t process, pid_t thread, std::chrono::nanoseconds patience);
  ~HaltedThread();
  HaltedThread(const HaltedThread&) = delete;
  HaltedThread& operator=(const HaltedThread&) = delete;

  /// Whether it stands still now. False: see `problem`.
  bool is_halted() const { return is_halted_; }
  /// It ended before it could be halted.
  bool is_gone() const { return is_gone_; }
  const std::string& problem() const { return problem_; }

 private:
  void seize();
  void wait_until_halted(std::chrono::nanoseconds patience);
  void resume_system_call() const;

  const pid_t process_;
  const pid_t thread_;
  bool is_halted_ = false;
  bool is_gone_ = false;
  int signal_ = 0;  // was about to be delivered when it halted
  std::string problem_;
};

/// Read "Name:\tvalue" of the status of a thread; empty: it is gone.
std::string thread_status(pid_t process, pid_t thread, const char* name);

/// Say what a thread that gives no answer does, as /proc tells: its state, and where it sleeps in
/// the kernel.
std::string thread_state(pid_t process, pid_t thread);

}  // namespace stint
