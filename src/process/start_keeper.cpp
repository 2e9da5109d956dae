#include "process/start_keeper.hpp"
#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <string>
#include <utility>
#include <vector>
#include <fmt/format.h>
#include "process/keeper_messages.hpp"
#include "process/keeper_process.hpp"
#include "stint/error.hpp"

extern char** environ;  // NOLINT: POSIX's own

namespace stint {
namespace {

constexpr int kKeeperSocket = STDERR_FILENO + 1;

// Only met by a program that is no keeper, or a machine that hangs.
constexpr int kLongestStartMilliseconds = 60'000;
// From the end of its channel to its own.
constexpr int kLongestEndMilliseconds = 1'000;

/// Own what posix_spawn wants to know: standard input and output lead nowhere, nothing but the
/// socket and standard error is inherited, signals mean what they mean by default, and neither a
/// terminal's signals nor those to our process group reach it.
class SpawnAttributes final {
 public:
  explicit SpawnAttributes(int socket) {
    ::posix_spawn_file_actions_init(&actions_);
    ::posix_spawn_file_actions_adddup2(&actions_, socket, kKeeperSocket);
    ::posix_spawn_file_actions_addopen(&actions_, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    ::posix_spawn_file_actions_addopen(&actions_, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    ::posix_spawn_file_actions_addclosefrom_np(&actions_, kKeeperSocket + 1);
    ::posix_spawnattr_init(&attributes_);
    sigset_t all;
    sigfillset(&all);
    ::posix_spawnattr_setsigdefault(&attributes_, &all);
    ::posix_spawnattr_setsigmask(&attributes_, &all);
    ::posix_spawnattr_setflags(
        &attributes_,
        static_cast<short>(POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSID));
  }
  ~SpawnAttributes() {
    ::posix_spawn_file_actions_destroy(&actions_);
    ::posix_spawnattr_destroy(&attributes_);
  }
  SpawnAttributes(const SpawnAttributes&) = delete;
  SpawnAttributes& operator=(const SpawnAttributes&) = delete;

  const posix_spawn_file_actions_t* actions() const { return &actions_; }
  const posix_spawnattr_t* attributes() const { return &attributes_; }

 private:
  posix_spawn_file_actions_t actions_{};
  posix_spawnattr_t attributes_{};
};

pid_t execute_self(int socket) {
  if (!main_hands_over) {
    throw Error{ErrorCode::kConfiguration,
                "this program cannot start child processes: its main must hand over to "
                "stint::main, or call stint::serve_slot before anything else"};
  }
  std::string name = kKeeperName;
  std::string argument = fmt::format("{}{}", kKeeperArgument, kKeeperSocket);
  std::string variable = fmt::format("{}=1", kKeeperVariable);
  std::vector<char*> arguments{name.data(), argument.data(), nullptr};
  std::vector<char*> environment;
  for (char** one = environ; *one != nullptr; ++one) environment.push_back(*one);
  environment.push_back(variable.data());
  environment.push_back(nullptr);
  const SpawnAttributes spawn{socket};
  pid_t pid = -1;
  const int error = ::posix_spawn(&pid, "/proc/self/exe", spawn.actions(), spawn.attributes(),
                                  arguments.data(), environment.data());
  if (error != 0) {
    throw Error{ErrorCode::kUnavailable,
                fmt::format("cannot start the keeper of child processes (/proc/self/exe): {}",
                            std::strerror(error)),
                {.retryable = error == EAGAIN || error == ENOMEM}};
  }
  return pid;
}

bool wait_for_input(int descriptor, int milliseconds) {
  pollfd entry{.fd = descriptor, .events = POLLIN, .revents = 0};
  int found = 0;
  do {
    found = ::poll(&entry, 1, milliseconds);
  } while (found < 0 && errno == EINTR);
  return found > 0;
}

bool is_ready(Channel& channel) {
  if (!wait_for_input(channel.descriptor(), kLongestStartMilliseconds)) return false;
  ChannelMessage message;
  if (channel.wait(message) != Received::kMessage) return false;
  const auto notice = decode_notice(message.text);
  return notice && std::holds_alternative<ReadyNotice>(*notice);
}

/// End a keeper that is not ready; whether somebody else had killed it before.
bool end_unready(const StartedKeeper& keeper) {
  const UniqueFd process{static_cast<int>(::syscall(SYS_pidfd_open, keeper.pid, 0))};
  if (process) wait_for_input(process.get(), kLongestEndMilliseconds);  // most are about to end
  siginfo_t info{};
  ::waitid(P_PID, static_cast<id_t>(keeper.pid), &info, WEXITED | WNOHANG | WNOWAIT);
  const bool was_killed = info.si_pid == keeper.pid && info.si_code == CLD_KILLED;
  ::kill(keeper.pid, SIGKILL);  // ours and not waited for: the number is its own
  reap_keeper(keeper.pid);
  return was_killed && info.si_status == SIGKILL;
}

}  // namespace

StartedKeeper start_keeper() {
  if (::getenv(kKeeperVariable) != nullptr) {
    throw Error{ErrorCode::kInternal,
                "this program was started as the keeper of child processes, but its main does not "
                "begin with a call of stint::main"};
  }
  auto [ours, theirs] = Channel::make_pair();
  StartedKeeper keeper{.pid = execute_self(theirs.get()),
                       .channel = std::make_unique<Channel>(std::move(ours))};
  theirs.reset();
  if (is_ready(*keeper.channel)) return keeper;
  if (end_unready(keeper)) {
    throw Error{ErrorCode::kUnavailable,
                "the keeper of child processes was killed as it started",
                {.retryable = true}};
  }
  throw Error{ErrorCode::kInternal,
              "the keeper of child processes does not start: does this program's main begin with a "
              "call of stint::main?"};
}

void reap_keeper(pid_t pid) {
  while (::waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
  }
}

}  // namespace stint
