#include "process/spawn_child.hpp"
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <limits>

namespace stint {
namespace {

constexpr int kExitOfFailedStart = 127;

/// Everything that the child needs, laid out before the fork: after it there is no allocation and
/// no lock, only system calls.
class ChildPlan final {
 public:
  ChildPlan(const SpawnRequest& request, const std::vector<UniqueFd>& descriptors, int null)
      : request_(request), parent_(::getpid()) {
    for (const std::string& one : request.arguments) arguments_.push_back(pointer(one));
    for (const std::string& one : request.environment) environment_.push_back(pointer(one));
    arguments_.push_back(nullptr);
    environment_.push_back(nullptr);
    for (std::size_t at = 0; at < descriptors.size(); ++at) {
      moves_.push_back({.from = descriptors[at].get(), .to = request.targets.at(at)});
    }
    for (int standard = 0; standard <= STDERR_FILENO; ++standard) {
      if (std::ranges::find(request.targets, standard) == request.targets.end()) {
        moves_.push_back({.from = null, .to = standard});
      }
    }
    std::ranges::sort(moves_, {}, &Move::to);
  }

  /// Become the program. Called in the child.
  [[noreturn]] void run(int outcome) {
    outcome_ = outcome;
    ::setpgid(0, 0);
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    // The parent may have gone before it could be a signal to us.
    if (::getppid() != parent_) ::_exit(kExitOfFailedStart);
    // What detaches itself becomes our child again, not somebody else's: so it stays ours to end.
    ::prctl(PR_SET_CHILD_SUBREAPER, 1);
    place_descriptors();
    if (request_.umask) ::umask(*request_.umask);
    const std::string& folder = request_.working_directory;
    if (!folder.empty() && ::chdir(folder.c_str()) != 0) fail(SpawnStep::kWorkingDirectory);
    if (request_.no_new_privileges && ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
      fail(SpawnStep::kStart);
    }
    for (const auto& [resource, most] : request_.limits) {
      const rlimit limit{.rlim_cur = most, .rlim_max = most};
      if (::setrlimit(static_cast<__rlimit_resource_t>(resource), &limit) != 0) {
        fail(SpawnStep::kLimits);
      }
    }
    sigset_t none;
    sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    ::execve(request_.executable.c_str(), arguments_.data(), environment_.data());
    fail(SpawnStep::kExecute);
  }

 private:
  struct Move {
    int from;
    int to;
  };

  /// exec takes what it does not change as if it did.
  static char* pointer(const std::string& text) { return const_cast<char*>(text.c_str()); }

  [[noreturn]] void fail(SpawnStep step) const {
    const SpawnFailure failure{.step = step, .error = errno};
    // Smaller than PIPE_BUF: whole or not at all; if not, the parent sees a child that ended.
    [[maybe_unused]] const ssize_t written = ::write(outcome_, &failure, sizeof failure);
    ::_exit(kExitOfFailedStart);
  }

  void place_descriptors() {
    // First all sources out of the way of all targets.
    const int free = moves_.back().to + 1;
    for (Move& move : moves_) {
      move.from = ::fcntl(move.from, F_DUPFD_CLOEXEC, free);
      if (move.from < 0) fail(SpawnStep::kDescriptors);
    }
    const int outcome = ::fcntl(outcome_, F_DUPFD_CLOEXEC, free);
    if (outcome < 0) fail(SpawnStep::kDescriptors);
    outcome_ = outcome;
    unsigned next = 0;
    for (const Move& move : moves_) {
      if (::dup2(move.from, move.to) < 0) fail(SpawnStep::kDescriptors);
      close_between(next, static_cast<unsigned>(move.to));
      next = static_cast<unsigned>(move.to) + 1;
    }
    close_between(next, static_cast<unsigned>(outcome_));
    close_between(static_cast<unsigned>(outcome_) + 1, std::numeric_limits<unsigned>::max());
  }

  /// Close from `first` to before `end`. Where the kernel cannot, close-on-exec does it.
  static void close_between(unsigned first, unsigned end) {
    if (first < end) ::close_range(first, end - 1, 0);
  }

  const SpawnRequest& request_;
  const pid_t parent_;
  int outcome_ = -1;
  std::vector<char*> arguments_;
  std::vector<char*> environment_;
  std::vector<Move> moves_;  // by target; never empty
};

}  // namespace

SpawnedChild spawn_child(const SpawnRequest& request, const std::vector<UniqueFd>& descriptors,
                         int null) {
  std::array<int, 2> pipe{};
  if (::pipe2(pipe.data(), O_CLOEXEC | O_NONBLOCK) != 0) {
    return {.pid = -1, .outcome = UniqueFd{}, .failure = {.error = errno}};
  }
  UniqueFd reading{pipe[0]};
  const UniqueFd writing{pipe[1]};
  ChildPlan plan{request, descriptors, null};
  // Not fork(): handlers that libraries have set for it are no business of the child's.
  const pid_t pid = ::_Fork();
  if (pid == 0) plan.run(writing.get());
  if (pid < 0) return {.pid = -1, .outcome = UniqueFd{}, .failure = {.error = errno}};
  ::setpgid(pid, pid);  // whoever of both is first; refused once the program runs
  return {.pid = pid, .outcome = std::move(reading)};
}

bool read_outcome(int outcome, SpawnFailure& failure) {
  failure = {};
  SpawnFailure found;
  const ssize_t size = ::read(outcome, &found, sizeof found);
  if (size < 0) return errno != EAGAIN && errno != EINTR;
  if (size == sizeof found) failure = found;
  return true;
}

}  // namespace stint
