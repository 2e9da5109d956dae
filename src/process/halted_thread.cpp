#include "process/halted_thread.hpp"
#include <elf.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <string_view>
#include <fmt/format.h>
#include "base/mutex.hpp"

namespace stint {
namespace {

using std::chrono::nanoseconds;
using SteadyClock = std::chrono::steady_clock;

// A thread halts within microseconds, unless it waits for a processor or in the kernel.
constexpr nanoseconds kFirstPause = std::chrono::microseconds{20};
constexpr nanoseconds kLongestPause = std::chrono::milliseconds{2};

std::string folder_of(pid_t process, pid_t thread) {
  return fmt::format("/proc/{}/task/{}/", process, thread);
}

/// Signals that the thread will take as soon as it goes on.
bool has_signals(pid_t process, pid_t thread) {
  const auto mask = [&](const char* name) -> std::uint64_t {
    const std::string text = thread_status(process, thread, name);
    return text.empty() ? 0 : std::strtoull(text.c_str(), nullptr, 16);
  };
  return ((mask("SigPnd") | mask("ShdPnd")) & ~mask("SigBlk")) != 0;
}

#if defined(__x86_64__)
// What the kernel ends with EINTR for a halt as for a signal, and what may be called again: nothing
// has happened yet. Not `close`, after which the number may be another file's.
constexpr std::array kResumable{
    SYS_epoll_wait,      SYS_epoll_pwait,  SYS_epoll_pwait2,  SYS_semop,
    SYS_semtimedop,      SYS_read,         SYS_readv,         SYS_write,
    SYS_writev,          SYS_recvfrom,     SYS_recvmsg,       SYS_recvmmsg,
    SYS_sendto,          SYS_sendmsg,      SYS_sendmmsg,      SYS_accept,
    SYS_accept4,         SYS_io_getevents, SYS_io_pgetevents, SYS_io_uring_enter,
    SYS_rt_sigtimedwait, SYS_flock,        SYS_msgrcv,        SYS_msgsnd};
// "Call again whatever handlers there are"; the kernel's own number, which it shows to nobody else.
constexpr long kRestart = -513;
constexpr std::uint64_t kCode64 = 0x33;  // its segment: not a 32-bit program
#endif

}  // namespace

std::string thread_status(pid_t process, pid_t thread, const char* name) {
  std::ifstream file{folder_of(process, thread) + "status"};
  const std::string prefix = std::string{name} + ":\t";
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with(prefix)) return line.substr(prefix.size());
  }
  return {};
}

std::string thread_state(pid_t process, pid_t thread) {
  const std::string state = thread_status(process, thread, "State");
  if (state.empty()) return "it has ended";
  std::string channel;
  std::getline(std::ifstream{folder_of(process, thread) + "wchan"}, channel);
  const bool sleeps = !channel.empty() && channel != "0";
  return fmt::format("state {}{}{}", state, sleeps ? ", in the kernel's " : "",
                     sleeps ? channel : "");
}

HaltedThread::HaltedThread(pid_t process, pid_t thread, nanoseconds patience)
    : process_(process), thread_(thread) {
  seize();
  if (problem_.empty() && !is_gone_) wait_until_halted(patience);
}

HaltedThread::~HaltedThread() {
  if (!is_halted_) return;
  if (signal_ == 0) resume_system_call();
  ::ptrace(PTRACE_DETACH, thread_, nullptr, signal_);
}

void HaltedThread::seize() {
  if (::ptrace(PTRACE_SEIZE, thread_, nullptr, nullptr) == 0) {
    if (::ptrace(PTRACE_INTERRUPT, thread_, nullptr, nullptr) != 0) is_gone_ = true;
    return;
  }
  const int error = errno;
  const std::string state = thread_status(process_, thread_, "State");
  is_gone_ = error == ESRCH || state.empty() || state.starts_with("Z") || state.starts_with("X");
  if (is_gone_) return;
  const std::string tracer = thread_status(process_, thread_, "TracerPid");
  if (!tracer.empty() && tracer != "0") {
    problem_ = fmt::format("process {} traces it, as a debugger does", tracer);
  } else {
    problem_ = fmt::format(
        "it must not be traced: {} (another user's program, or a rule of this "
        "machine against ptrace)",
        std::strerror(error));
  }
}

void HaltedThread::wait_until_halted(nanoseconds patience) {
  const SteadyClock::time_point end = SteadyClock::now() + patience;
  // Nothing tells of a halt but a signal to the whole process.
  Mutex mutex;
  MutexLock lock{mutex};
  CondVar nobody_signals;
  nanoseconds pause = kFirstPause;
  for (;;) {
    int status = 0;
    const pid_t found = ::waitpid(thread_, &status, __WALL | WNOHANG);
    if (found == thread_ && WIFSTOPPED(status)) {
      is_halted_ = true;
      // Any other stop than the one we asked for is a signal on its way.
      const bool is_ours = (status >> 16) == PTRACE_EVENT_STOP;
      signal_ = is_ours ? 0 : WSTOPSIG(status);
      return;
    }
    if (found != 0 && (found > 0 || errno != EINTR)) {
      is_gone_ = true;
      return;
    }
    if (SteadyClock::now() >= end) break;
    nobody_signals.wait_for(lock, pause);
    pause = std::min(pause * 2, kLongestPause);
  }
  problem_ = "it does not halt: " + thread_state(process_, thread_);
}

void HaltedThread::resume_system_call() const {
#if defined(__x86_64__)
  user_regs_struct registers{};
  iovec place{.iov_base = &registers, .iov_len = sizeof registers};
  if (::ptrace(PTRACE_GETREGSET, thread_, NT_PRSTATUS, &place) != 0) return;
  if (registers.cs != kCode64 || static_cast<long>(registers.rax) != -EINTR) return;
  if (std::ranges::find(kResumable, static_cast<long>(registers.orig_rax)) == kResumable.end()) {
    return;
  }
  // One of its own signals would have ended the call as well: then that is how it ends.
  if (has_signals(process_, thread_)) return;
  registers.rax = static_cast<unsigned long long>(kRestart);
  ::ptrace(PTRACE_SETREGSET, thread_, NT_PRSTATUS, &place);
#endif
}

}  // namespace stint
