#include "process/keeper.hpp"
#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <climits>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <set>
#include <system_error>
#include <utility>
#include <fmt/format.h>
#include "process/find_program.hpp"
#include "process/keeper_connection.hpp"
#include "stint/error.hpp"

extern char** environ;  // NOLINT: POSIX's own

namespace stint {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> present_environment() {
  std::vector<std::string> variables;
  for (char** one = environ; *one != nullptr; ++one) variables.emplace_back(*one);
  return variables;
}

std::string executable_of(const SpawnOptions& options) {
  if (!options.executable.empty()) return options.executable;
  const char* const path = ::getenv("PATH");
  const std::string& name = options.arguments.front();
  std::string found = find_program(name, path != nullptr ? path : "/usr/local/bin:/usr/bin:/bin");
  if (!found.empty()) {
    // What PATH gives relative to here must not be looked for in the child's folder.
    std::error_code error;
    if (name.find('/') != std::string::npos || found.starts_with('/')) return found;
    return fs::absolute(found, error).string();
  }
  throw Error{ErrorCode::kUnavailable,
              fmt::format("no program \"{}\" in PATH", name),
              {.native_code = "ENOENT"}};
}

/// The keeper may stand in another folder than this process by now.
std::string working_directory_of(const SpawnOptions& options) {
  if (options.working_directory.starts_with('/')) return options.working_directory;
  std::error_code error;
  const fs::path here = fs::current_path(error);
  if (error) return options.working_directory;
  if (options.working_directory.empty()) return here.string();
  return (here / options.working_directory).string();
}

SpawnRequest make_request(const SpawnOptions& options) {
  if (options.arguments.empty()) {
    throw Error{ErrorCode::kUsage, "a program to start needs its name as its first argument"};
  }
  SpawnRequest request{
      .executable = executable_of(options),
      .arguments = options.arguments,
      .environment = options.environment ? *options.environment : present_environment(),
      .working_directory = working_directory_of(options),
      .umask = options.umask,
      .no_new_privileges = options.no_new_privileges,
      .limits = options.limits};
  if (options.deadline) request.deadline = options.deadline->count();
  std::set<int> targets;
  for (const auto& [target, source] : options.descriptors) {
    if (target < 0 || !targets.insert(target).second) {
      throw Error{
          ErrorCode::kUsage,
          fmt::format("descriptor {} of a program to start is given twice, or is none", target)};
    }
    if (::fcntl(source, F_GETFD) < 0) {
      throw Error{ErrorCode::kUsage,
                  fmt::format("descriptor {}, to become {} of a program to start, is not open",
                              source, target)};
    }
    request.targets.push_back(target);
  }
  if (targets.size() > Channel::kMostDescriptors) {
    throw Error{ErrorCode::kUsage,
                fmt::format("a program to start can be given {} descriptors, not {}",
                            Channel::kMostDescriptors, targets.size())};
  }
  return request;
}

}  // namespace

ChildProcess::ChildProcess(std::shared_ptr<State> state) : state_(std::move(state)) {}

ChildProcess::~ChildProcess() {
  if (!status()) kill();
}

pid_t ChildProcess::pid() const { return state_->pid; }

void ChildProcess::signal_group(int signal) {
  if (status()) return;
  if (const auto connection = state_->connection.lock()) {
    connection->signal(state_->id, signal);
  }
}

void ChildProcess::kill() { signal_group(SIGKILL); }

void ChildProcess::set_deadline(std::optional<std::chrono::nanoseconds> boot_time) {
  if (status()) return;
  if (const auto connection = state_->connection.lock()) {
    connection->set_deadline(state_->id, boot_time ? boot_time->count() : kNoDeadline);
  }
}

std::optional<ExitStatus> ChildProcess::status() const {
  const MutexLock lock{state_->mutex};
  return state_->status;
}

int ChildProcess::ended_descriptor() const { return state_->ended.get(); }

std::optional<ExitStatus> ChildProcess::wait(std::chrono::nanoseconds timeout) const {
  using Clock = std::chrono::steady_clock;
  const Clock::time_point now = Clock::now();
  const Clock::time_point end =
      timeout < Clock::time_point::max() - now ? now + timeout : Clock::time_point::max();
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - Clock::now()).count();
    const auto step = std::clamp<std::chrono::milliseconds::rep>(left, 0, INT_MAX);
    pollfd entry{.fd = state_->ended.get(), .events = POLLIN, .revents = 0};
    if (::poll(&entry, 1, static_cast<int>(step)) > 0 || left <= 0) return status();
  }
}

ChildView ChildProcess::view() const { return ChildView{state_}; }

pid_t ChildView::pid() const { return state_->pid; }

bool ChildView::has_ended() const {
  {
    const MutexLock lock{state_->mutex};
    if (state_->status) return true;
  }
  // The kernel knows it before the keeper's notice is here. Passed over where there is none.
  pollfd entry{.fd = state_->process.get(), .events = POLLIN, .revents = 0};
  return ::poll(&entry, 1, 0) > 0;
}

KeeperLink::~KeeperLink() = default;

std::shared_ptr<KeeperConnection> KeeperLink::connect() {
  const MutexLock lock{mutex_};
  if (!connection_ || connection_->is_closed()) {
    connection_.reset();
    connection_ = std::make_shared<KeeperConnection>();
  }
  return connection_;
}

std::unique_ptr<ChildProcess> KeeperLink::spawn(const SpawnOptions& options) {
  const SpawnRequest request = make_request(options);
  std::vector<int> descriptors;
  descriptors.reserve(options.descriptors.size());
  for (const auto& [target, source] : options.descriptors) descriptors.push_back(source);
  auto child = std::make_shared<Child>();
  child->ended = UniqueFd{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
  if (!child->ended) {
    throw Error{ErrorCode::kUnavailable,
                fmt::format("cannot start \"{}\": {}", request.executable, std::strerror(errno)),
                {.retryable = true}};
  }
  for (int attempt = 1; attempt <= 2; ++attempt) {  // a keeper may have died unnoticed
    const std::shared_ptr<KeeperConnection> connection = connect();
    child->connection = connection;
    if (connection->spawn(request, descriptors, child)) {
      return std::unique_ptr<ChildProcess>{new ChildProcess{std::move(child)}};
    }
  }
  throw Error{ErrorCode::kUnavailable,
              fmt::format("cannot start \"{}\": the keeper of child processes is gone, or "
                          "arguments and environment are too large",
                          request.executable),
              {.retryable = true}};
}

Keeper::Keeper() : link_(std::make_unique<KeeperLink>()) {}
Keeper::~Keeper() = default;

std::unique_ptr<ChildProcess> Keeper::spawn(const SpawnOptions& options) {
  return link_->spawn(options);
}

}  // namespace stint
