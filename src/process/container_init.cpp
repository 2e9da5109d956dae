#include "process/container_init.hpp"
#include <spawn.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cerrno>
#include <csignal>
#include <optional>
#include "base/unique_fd.hpp"

extern char** environ;  // NOLINT: POSIX's own

namespace stint {
namespace {

constexpr int kSignalExit = 128;

/// The kernel gives the first process no default action for a signal, so that one would be lost
/// before there is a handler: they wait here, blocked, from the first line on.
sigset_t signals_to_hand_on() {
  sigset_t set;
  sigfillset(&set);
  // Faults of this process itself.
  for (const int fault : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGSYS, SIGABRT}) {
    sigdelset(&set, fault);
  }
  // A terminal's stops; blocked, they would keep the child from its terminal, too.
  for (const int stop : {SIGTSTP, SIGTTIN, SIGTTOU}) sigdelset(&set, stop);
  return set;
}

/// Execute this program again with the same words and the signals as they were; -1: not possible.
pid_t start_again(char** argv, const sigset_t& mask) {
  posix_spawnattr_t attributes;
  ::posix_spawnattr_init(&attributes);
  ::posix_spawnattr_setsigmask(&attributes, &mask);
  ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
  pid_t pid = -1;
  const int error = ::posix_spawn(&pid, "/proc/self/exe", nullptr, &attributes, argv, environ);
  ::posix_spawnattr_destroy(&attributes);
  return error == 0 ? pid : -1;
}

/// Reap all that has ended; the exit code to end with, once the child is among it.
std::optional<int> reap(pid_t child) {
  std::optional<int> code;
  int status = 0;
  for (pid_t ended = 0; (ended = ::waitpid(-1, &status, WNOHANG)) > 0;) {
    if (ended != child) continue;
    code = WIFSIGNALED(status) ? kSignalExit + WTERMSIG(status) : WEXITSTATUS(status);
  }
  return code;
}

/// A terminal's keys and a change of its size reach the child, too, which belongs to the same
/// group. That the terminal is gone, only the session's leader is told, which this process may be.
bool is_known_to_child(int signal, int code) {
  return code == SI_KERNEL && signal != SIGHUP && signal != SIGCONT;
}

int serve(pid_t child, int signals) {
  for (;;) {
    if (const auto code = reap(child)) return *code;
    signalfd_siginfo info{};
    if (::read(signals, &info, sizeof info) != static_cast<ssize_t>(sizeof info)) continue;
    const auto signal = static_cast<int>(info.ssi_signo);
    if (signal == SIGCHLD || is_known_to_child(signal, info.ssi_code)) continue;
    ::kill(child, signal);
  }
}

}  // namespace

void be_init_if_first(int argc, char** argv) {
  if (::getpid() != 1 || argc < 1) return;
  const sigset_t ours = signals_to_hand_on();
  std::signal(SIGCHLD, SIG_DFL);  // ignored, it would have the kernel reap, and hide, our child
  sigset_t before;
  ::sigprocmask(SIG_BLOCK, &ours, &before);
  const UniqueFd signals{::signalfd(-1, &ours, SFD_CLOEXEC)};
  const pid_t child = signals ? start_again(argv, before) : -1;
  if (child > 0) ::_exit(serve(child, signals.get()));
  ::sigprocmask(SIG_SETMASK, &before, nullptr);
}

}  // namespace stint
