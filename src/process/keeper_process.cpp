#include "process/keeper_process.hpp"
#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <unistd.h>
#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <utility>
#include "base/clock.hpp"
#include "process/find_children.hpp"
#include "process/keeper.hpp"

namespace stint {
namespace {

// A killed process that is still there after this long sits in the kernel and never again runs a
// line of its own: nothing waits for it any longer.
constexpr std::chrono::seconds kLongestDeath{5};

UniqueFd open_process(pid_t pid) {
  return UniqueFd{static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))};
}

/// Open the process that made the socket, if it still is our parent. A process that it forks may
/// hold the socket open beyond its death.
UniqueFd open_owner(int socket) {
  ucred peer{};
  socklen_t size = sizeof peer;
  if (::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return {};
  UniqueFd owner = open_process(peer.pid);
  return ::getppid() == peer.pid ? std::move(owner) : UniqueFd{};
}

ExitStatus exit_status(int status, const rusage& usage) {
  ExitStatus found;
  if (WIFSIGNALED(status)) {
    found.signal = WTERMSIG(status);
    found.dumped_core = WCOREDUMP(status);
  } else {
    found.code = WEXITSTATUS(status);
  }
  for (const timeval& time : {usage.ru_utime, usage.ru_stime}) {
    found.cpu_time += std::chrono::seconds{time.tv_sec} + std::chrono::microseconds{time.tv_usec};
  }
  found.peak_memory = std::int64_t{usage.ru_maxrss} * 1024;
  return found;
}

/// Block all signals and give them their default meaning: nobody ends the keeper but by closing
/// its channel or by SIGKILL, and its children inherit nothing odd.
void prepare_signals() {
  // Zeros mean the default in each architecture's layout. The C library would refuse its own two
  // signals, which posix_spawn may have left ignored.
  const std::array<std::uint64_t, 8> by_default{};
  for (int signal = 1; signal < NSIG; ++signal) {
    ::syscall(SYS_rt_sigaction, signal, by_default.data(), nullptr, std::size_t{8});
  }
  sigset_t all;
  sigfillset(&all);
  ::sigprocmask(SIG_SETMASK, &all, nullptr);
}

void kill_group(pid_t leader) {
  ::kill(-leader, SIGKILL);
  ::kill(leader, SIGKILL);  // it may have left its group
}

UniqueFd open_child_signals() {
  sigset_t child;
  sigemptyset(&child);
  sigaddset(&child, SIGCHLD);
  return UniqueFd{::signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK)};
}

}  // namespace

KeeperProcess::KeeperProcess(UniqueFd socket)
    : channel_(std::move(socket)),
      child_signals_(open_child_signals()),
      owner_(open_owner(channel_.descriptor())),
      timer_(::timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK)),
      null_(::open("/dev/null", O_RDWR | O_CLOEXEC)) {}

void KeeperProcess::run() {
  send(ReadyNotice{});
  while (!is_done()) {
    wait_for_news();
    read_requests();
    kill_overdue();
    for (auto& [pid, leader] : leaders_) settle(pid, leader);
    reap();
  }
}

bool KeeperProcess::is_done() const {
  if (!is_closing_) return false;
  if (leaders_.empty() && is_clean_) return true;
  return Clock::now() - closing_since_ > kLongestDeath;
}

bool KeeperProcess::waits_for_adopted() const {
  const auto now = Clock::now();
  return std::ranges::any_of(adopted_,
                             [&](const auto& one) { return now - one.second <= kLongestDeath; });
}

void KeeperProcess::wait_for_news() {
  set_timer();
  std::vector<pollfd> entries{{.fd = child_signals_.get(), .events = POLLIN, .revents = 0}};
  if (!is_closing_) {
    entries.push_back({.fd = channel_.descriptor(), .events = POLLIN, .revents = 0});
    entries.push_back({.fd = owner_.get(), .events = POLLIN, .revents = 0});
  }
  entries.push_back({.fd = timer_.get(), .events = POLLIN, .revents = 0});
  for (const auto& [pid, leader] : leaders_) {
    if (leader.outcome) {
      entries.push_back({.fd = leader.outcome.get(), .events = POLLIN, .revents = 0});
    }
  }
  // Deaths wake us; the timeout is for those that do not come.
  const bool may_hang = is_closing_ || !is_clean_;
  const int timeout = may_hang ? std::chrono::milliseconds{kLongestDeath}.count() / 5 : -1;
  if (::poll(entries.data(), entries.size(), timeout) <= 0) return;
  std::array<signalfd_siginfo, 16> ignored{};
  while (::read(child_signals_.get(), ignored.data(), sizeof ignored) > 0) {
  }
  if (!is_closing_ && entries[2].revents != 0) close();
}

void KeeperProcess::read_requests() {
  while (!is_closing_) {
    ChannelMessage message;
    const Received found = channel_.receive(message);
    if (found == Received::kNothing) return;
    std::optional<KeeperRequest> request;
    if (found == Received::kMessage) request = decode_request(message.text);
    if (!request) {
      close();
      return;
    }
    if (const auto* const spawn = std::get_if<SpawnRequest>(&*request)) {
      handle(*spawn, message.descriptors);
    } else if (const auto* const deadline = std::get_if<DeadlineRequest>(&*request)) {
      handle(*deadline);
    } else {
      handle(std::get<SignalRequest>(*request));
    }
  }
}

void KeeperProcess::handle(const SpawnRequest& request, const std::vector<UniqueFd>& descriptors) {
  if (descriptors.size() != request.targets.size()) {
    send(FailedNotice{.id = request.id, .step = SpawnStep::kDescriptors, .error = EBADF});
    return;
  }
  SpawnedChild child = spawn_child(request, descriptors, null_.get());
  if (child.pid < 0) {
    send(FailedNotice{.id = request.id, .step = child.failure.step, .error = child.failure.error});
    return;
  }
  leaders_[child.pid] = {
      .id = request.id, .outcome = std::move(child.outcome), .deadline = request.deadline};
}

void KeeperProcess::handle(const SignalRequest& request) {
  for (const auto& [pid, leader] : leaders_) {
    if (leader.id != request.id) continue;
    // Not reaped yet: the number is its own.
    if (request.signal == SIGKILL) {
      kill_group(pid);
    } else {
      ::kill(-pid, request.signal);
    }
    return;
  }
}

void KeeperProcess::handle(const DeadlineRequest& request) {
  for (auto& [pid, leader] : leaders_) {
    if (leader.id == request.id) leader.deadline = request.deadline;
  }
}

/// Have the timer wake us at the next deadline. poll()'s own timeout would stand still while the
/// machine sleeps.
void KeeperProcess::set_timer() {
  std::int64_t next = kNoDeadline;
  for (const auto& [pid, leader] : leaders_) next = std::min(next, leader.deadline);
  if (next == timer_at_) return;
  timer_at_ = next;
  itimerspec when{};  // zero turns it off, and so a time that has passed is one nanosecond
  if (next != kNoDeadline) {
    const std::chrono::nanoseconds at{std::max<std::int64_t>(next, 1)};
    const auto whole = std::chrono::duration_cast<std::chrono::seconds>(at);
    when.it_value = {.tv_sec = whole.count(), .tv_nsec = (at - whole).count()};
  }
  ::timerfd_settime(timer_.get(), TFD_TIMER_ABSTIME, &when, nullptr);
}

/// Also those whose deadline was moved before we looked: requests are read first.
void KeeperProcess::kill_overdue() {
  const std::int64_t now = real_clock().boot_now().count();
  for (auto& [pid, leader] : leaders_) {
    if (leader.deadline > now) continue;
    kill_group(pid);
    leader.deadline = kNoDeadline;
  }
}

/// Tell whether a program runs by now or could not be executed, once that is known.
void KeeperProcess::settle(pid_t pid, Leader& leader) {
  SpawnFailure failure;
  if (!leader.outcome || !read_outcome(leader.outcome.get(), failure)) return;
  leader.outcome.reset();
  if (failure.error != 0) {
    leader.has_failed = true;
    send(FailedNotice{.id = leader.id, .step = failure.step, .error = failure.error});
    return;
  }
  const UniqueFd process = open_process(pid);
  send(StartedNotice{.id = leader.id, .pid = pid},
       process ? std::vector{process.get()} : std::vector<int>{});
}

void KeeperProcess::reap() {
  for (;;) {
    siginfo_t info{};
    const int result = ::waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT);
    has_children_ = result == 0 || errno != ECHILD;
    if (result != 0 || info.si_pid == 0) break;
    is_clean_ = false;
    const auto leader = leaders_.find(info.si_pid);
    if (leader != leaders_.end()) {
      end_leader(leader->first, leader->second);
      leaders_.erase(leader);
    } else {
      adopted_.erase(info.si_pid);
      ::waitpid(info.si_pid, nullptr, 0);
    }
  }
  if (!is_clean_) end_adopted();
}

void KeeperProcess::end_leader(pid_t pid, Leader& leader) {
  settle(pid, leader);
  // Until it is reaped, its group cannot be another's.
  ::kill(-pid, SIGKILL);
  int status = 0;
  rusage usage{};
  ::wait4(pid, &status, 0, &usage);
  if (!leader.has_failed) {
    ended_.push_back({.id = leader.id, .status = exit_status(status, usage)});
  }
}

/// Kill what leaders that have ended have left. It came to us when they ended; what those have
/// started in turn comes to us when they do, and their deaths bring us here again.
void KeeperProcess::end_adopted() {
  const auto now = Clock::now();
  bool is_clean = true;
  // The look costs a walk through /proc on some kernels.
  for (const pid_t child : has_children_ ? find_children() : std::vector<pid_t>{}) {
    if (leaders_.contains(child)) continue;
    is_clean = false;
    ::kill(child, SIGKILL);
    adopted_.emplace(child, now);
  }
  is_clean_ = is_clean;
  if (!is_clean && waits_for_adopted()) return;
  for (const EndedNotice& notice : std::exchange(ended_, {})) send(notice);
}

void KeeperProcess::close() {
  is_closing_ = true;
  closing_since_ = Clock::now();
  for (const auto& [pid, leader] : leaders_) kill_group(pid);
  is_clean_ = false;  // also those that are adopted though their leader lives
}

void KeeperProcess::send(const KeeperNotice& notice, const std::vector<int>& descriptors) {
  // Nobody there to hear it: the end of the channel is seen by who reads it.
  channel_.send(encode(notice), descriptors);
}

void run_keeper_if_asked(int argc, char** argv) {
  main_hands_over = true;
  if (argc != 2 || ::getenv(kKeeperVariable) == nullptr) return;
  const std::string_view argument{argv[1]};
  if (!argument.starts_with(kKeeperArgument)) return;
  const std::string_view number = argument.substr(kKeeperArgument.size());
  int socket = -1;
  std::from_chars(number.data(), number.data() + number.size(), socket);
  if (socket < 0) ::_exit(EXIT_FAILURE);
  ::fcntl(socket, F_SETFD, FD_CLOEXEC);
  ::prctl(PR_SET_NAME, kKeeperName);
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);
  prepare_signals();
  try {
    KeeperProcess{UniqueFd{socket}}.run();
  } catch (...) {  // no memory: its children go with it
    ::_exit(EXIT_FAILURE);
  }
  // Not exit(): nothing of the program's own was begun.
  ::_exit(EXIT_SUCCESS);
}

}  // namespace stint
