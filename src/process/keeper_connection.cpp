#include "process/keeper_connection.hpp"
#include <poll.h>
#include <pthread.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <utility>
#include <fmt/format.h>
#include "base/log.hpp"
#include "process/start_keeper.hpp"
#include "stint/error.hpp"

namespace stint {
namespace {

constexpr const char* kLogger = "keeper";

// linux/pidfd.h has it from Linux 6.9 on; older kernels refuse it.
constexpr unsigned kWholeGroup = 1U << 2U;

// How long the children of a keeper that died are waited for: the kernel kills them.
constexpr int kLongestDeathMilliseconds = 5'000;

constexpr std::chrono::seconds kLongestNotice{5};

/// Start a thread on which no handler of the program's signals ever runs.
template <typename Body>
std::thread start_quiet_thread(Body body) {
  sigset_t all;
  sigset_t former;
  sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &former);
  std::thread thread;
  try {
    thread = std::thread{std::move(body)};
  } catch (...) {
    ::pthread_sigmask(SIG_SETMASK, &former, nullptr);
    throw;
  }
  ::pthread_sigmask(SIG_SETMASK, &former, nullptr);
  return thread;
}

void set_status(KeeperLink::Child& child, const ExitStatus& status) {
  {
    const MutexLock lock{child.mutex};
    child.status = status;
  }
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = ::write(child.ended.get(), &one, sizeof one);
}

void wait_for_death(const UniqueFd& process) {
  if (!process) return;
  pollfd entry{.fd = process.get(), .events = POLLIN, .revents = 0};
  while (::poll(&entry, 1, kLongestDeathMilliseconds) < 0 && errno == EINTR) {
  }
}

[[noreturn]] void fail(const SpawnRequest& request, const FailedNotice& failure) {
  const std::string cause = std::strerror(failure.error);
  const std::string name = fmt::format("\"{}\"", request.executable);
  std::string text;
  switch (failure.step) {
    case SpawnStep::kStart:
      text = fmt::format("cannot start {}: {}", name, cause);
      break;
    case SpawnStep::kDescriptors:
      text = fmt::format("cannot hand descriptors to {}: {}", name, cause);
      break;
    case SpawnStep::kWorkingDirectory:
      text = fmt::format("cannot start {} in \"{}\": {}", name, request.working_directory, cause);
      break;
    case SpawnStep::kLimits:
      text = fmt::format("cannot set the limits of {}: {}", name, cause);
      break;
    case SpawnStep::kExecute:
      text = fmt::format("cannot execute {}: {}", name, cause);
      if (failure.error == ENOENT && ::access(request.executable.c_str(), F_OK) == 0) {
        text += " (of its interpreter)";
      }
      break;
  }
  const char* const code = ::strerrorname_np(failure.error);
  throw Error{ErrorCode::kUnavailable,
              text,
              {.retryable = failure.error == EAGAIN || failure.error == ENOMEM ||
                            failure.error == EMFILE || failure.error == ENFILE,
               .native_code = code != nullptr ? code : ""}};
}

}  // namespace

KeeperConnection::KeeperConnection() {
  StartedKeeper started = start_keeper();
  channel_ = std::move(started.channel);
  keeper_ = started.pid;
  reader_ = start_quiet_thread([this] { read_notices(); });
}

KeeperConnection::~KeeperConnection() {
  {
    const MutexLock lock{mutex_};
    is_ending_ = true;
  }
  channel_->stop_sending();
  wake_keeper();
  reader_.join();
}

bool KeeperConnection::is_closed() const {
  const MutexLock lock{mutex_};
  return is_closed_;
}

bool KeeperConnection::spawn(SpawnRequest request, const std::vector<int>& descriptors,
                             const std::shared_ptr<KeeperLink::Child>& child) {
  {
    const MutexLock lock{mutex_};
    if (is_closed_) return false;
    request.id = ++last_id_;
    child->id = request.id;
    children_[request.id] = child;
    starting_[request.id] = {};
  }
  const bool is_sent = channel_->send(encode(KeeperRequest{request}), descriptors);
  MutexLock lock{mutex_};
  while (is_sent && !is_closed_ && !starting_[request.id].is_known) changed_.wait(lock);
  const Starting found = starting_[request.id];
  starting_.erase(request.id);
  if (found.failure) {
    lock.unlock();
    fail(request, *found.failure);
  }
  if (found.is_known) return true;
  children_.erase(request.id);
  if (!is_sent) {
    // The reader will have noticed in a moment; then the next one is made.
    const auto end = std::chrono::steady_clock::now() + kLongestNotice;
    while (!is_closed_ && changed_.wait_until(lock, end)) {
    }
    return false;
  }
  throw Error{
      ErrorCode::kUnavailable,
      fmt::format("the keeper of child processes died while it started \"{}\"", request.executable),
      {.retryable = true, .outcome_unknown = true}};
}

void KeeperConnection::wake_keeper() const {
  const MutexLock lock{mutex_};
  // Not reaped before it is closed: the number is its own.
  if (!is_closed_) ::kill(keeper_, SIGCONT);
}

void KeeperConnection::signal(std::uint64_t id, int signal) {
  wake_keeper();
  channel_->send(encode(KeeperRequest{SignalRequest{.id = id, .signal = signal}}));
}

void KeeperConnection::set_deadline(std::uint64_t id, std::int64_t deadline) {
  wake_keeper();  // before its channel can be full
  channel_->send(encode(KeeperRequest{DeadlineRequest{.id = id, .deadline = deadline}}));
}

void KeeperConnection::read_notices() {
  ChannelMessage message;
  Received found = Received::kMessage;
  while ((found = channel_->wait(message)) == Received::kMessage) {
    const std::optional<KeeperNotice> notice = decode_notice(message.text);
    if (!notice) break;
    if (const auto* const started = std::get_if<StartedNotice>(&*notice)) {
      handle(*started, message);
    } else if (const auto* const failed = std::get_if<FailedNotice>(&*notice)) {
      handle(*failed);
    } else if (const auto* const ended = std::get_if<EndedNotice>(&*notice)) {
      handle(*ended);
    }
  }
  // It says what no keeper says. Not reaped yet: the number is its own.
  if (found != Received::kClosed) ::kill(keeper_, SIGKILL);
  end_all();
}

void KeeperConnection::handle(const StartedNotice& notice, ChannelMessage& message) {
  const MutexLock lock{mutex_};
  const auto child = children_.find(notice.id);
  const auto starting = starting_.find(notice.id);
  if (child == children_.end() || starting == starting_.end()) return;
  child->second->pid = notice.pid;
  if (!message.descriptors.empty()) {
    child->second->process = std::move(message.descriptors.front());
  }
  starting->second.is_known = true;
  changed_.notify_all();
}

void KeeperConnection::handle(const FailedNotice& notice) {
  const MutexLock lock{mutex_};
  children_.erase(notice.id);
  const auto starting = starting_.find(notice.id);
  if (starting == starting_.end()) return;
  starting->second = {.is_known = true, .failure = notice};
  changed_.notify_all();
}

void KeeperConnection::handle(const EndedNotice& notice) {
  std::shared_ptr<KeeperLink::Child> child;
  {
    const MutexLock lock{mutex_};
    const auto found = children_.find(notice.id);
    if (found == children_.end()) return;
    child = std::move(found->second);
    children_.erase(found);
  }
  set_status(*child, notice.status);
}

/// The keeper is gone: its children die with it. See to their groups as far as the kernel lets us.
void KeeperConnection::end_all() {
  std::map<std::uint64_t, std::shared_ptr<KeeperLink::Child>> left;
  bool was_wanted = false;
  {
    const MutexLock lock{mutex_};
    is_closed_ = true;
    was_wanted = is_ending_;
    left.swap(children_);
    changed_.notify_all();
  }
  reap_keeper(keeper_);
  if (!was_wanted) {
    log_error(kLogger, "the keeper of child processes died; {} children end with it", left.size());
  }
  for (const auto& [id, child] : left) {
    if (!child->process) continue;
    ::syscall(SYS_pidfd_send_signal, child->process.get(), SIGKILL, nullptr, kWholeGroup);
    ::syscall(SYS_pidfd_send_signal, child->process.get(), SIGKILL, nullptr, 0U);
  }
  for (const auto& [id, child] : left) {
    wait_for_death(child->process);
    set_status(*child, {.signal = SIGKILL});
  }
}

}  // namespace stint
