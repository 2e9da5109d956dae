// Run a command, adopt whatever detaches itself below it, and end with its exit code: census
// COMMAND... When it has ended and a process that it started, or a zombie of one, is still there
// after a while, that is named and killed, and the exit code is not 0. ctest runs each test under
// it.
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <ctime>
#include <fstream>
#include <iterator>
#include <string>
#include <fmt/format.h>
#include "process/find_children.hpp"

namespace {

using Clock = std::chrono::steady_clock;

// What was killed in the last moment of a test may take so long to be gone on a busy machine.
constexpr std::chrono::seconds kLongestEnd{5};
constexpr int kLeftOver = 99;

/// A line for a process: its number, state and words.
std::string describe(pid_t pid) {
  const auto read = [pid](const char* name) {
    std::ifstream file{fmt::format("/proc/{}/{}", pid, name)};
    return std::string{std::istreambuf_iterator<char>{file}, {}};
  };
  std::string words = read("cmdline");
  for (char& one : words) one = one == '\0' ? ' ' : one;
  return fmt::format("{} {}", words, read("stat"));
}

/// Take the next end of a child. Negative: there are no children; 0: none has ended, which is told
/// only if `flags` say so.
pid_t reap(int flags, int& status) {
  pid_t ended = -1;
  do {
    ended = ::waitpid(-1, &status, flags);
  } while (ended < 0 && errno == EINTR);
  return ended;
}

/// Wait until the command has ended; reap whatever comes to us meanwhile.
int wait_for(pid_t command) {
  int status = 0;
  while (reap(0, status) != command) {
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/// Reap what is left until nothing is, and do something to it all the while. False: some did not
/// end.
template <typename Deed>
bool reap_all(const sigset_t& ends, Deed deed) {
  const Clock::time_point end = Clock::now() + kLongestEnd;
  int status = 0;
  for (pid_t ended = 0; ended >= 0; ended = reap(WNOHANG, status)) {
    if (ended > 0) continue;
    if (Clock::now() > end) return false;
    deed();
    const timespec moment{.tv_sec = 0, .tv_nsec = 50'000'000};
    ::sigtimedwait(&ends, nullptr, &moment);
  }
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);
  sigset_t ends;
  sigset_t former;
  ::sigemptyset(&ends);
  ::sigaddset(&ends, SIGCHLD);
  ::sigprocmask(SIG_BLOCK, &ends, &former);
  const pid_t command = ::fork();
  if (command == 0) {
    ::sigprocmask(SIG_SETMASK, &former, nullptr);
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // a test that takes too long goes with its census
    ::execv(argv[1], argv + 1);
    ::_exit(127);
  }
  const int code = wait_for(command);
  if (reap_all(ends, [] {})) return code;
  for (const pid_t child : stint::find_children()) {
    std::fprintf(stderr, "census: left behind: %s\n", describe(child).c_str());
  }
  // What is killed leaves its children to us.
  reap_all(ends, [] {
    for (const pid_t child : stint::find_children()) ::kill(child, SIGKILL);
  });
  return code == 0 ? kLeftOver : code;
}
