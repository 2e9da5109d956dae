#include "runtime/slot_limits.hpp"
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <vector>
#include <fmt/format.h>
#include "process/find_children.hpp"
#include "stint/error.hpp"

namespace stint {
namespace {

std::int64_t used_cpu_seconds() {
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  return used.ru_utime.tv_sec + used.ru_stime.tv_sec;
}

std::vector<std::string> whole_environment() {
  std::vector<std::string> all;
  for (char** one = environ; one != nullptr && *one != nullptr; ++one) all.emplace_back(*one);
  return all;
}

void set_environment(const std::vector<std::string>& all) {
  ::clearenv();
  for (const std::string& one : all) {
    const std::size_t equals = one.find('=');
    if (equals == std::string::npos) continue;
    ::setenv(one.substr(0, equals).c_str(), one.c_str() + equals + 1, 1);
  }
}

[[noreturn]] void fail(ErrorCode code, const std::string& what) {
  throw Error{code, fmt::format("{}: {}", what, std::strerror(errno))};
}

}  // namespace

LimitScope::LimitScope(const TaskOptions& options) {
  try {
    put_on(options);
  } catch (...) {
    take_off();
    throw;
  }
}

LimitScope::~LimitScope() { take_off(); }

void LimitScope::put_on(const TaskOptions& options) {
  if (options.max_memory > 0) {
    limit(RLIMIT_DATA, static_cast<rlim_t>(options.max_memory), "max_memory");
  }
  if (options.max_cpu.count() > 0) {
    // The kernel counts the whole process: what earlier jobs have used is added.
    const auto seconds = std::chrono::ceil<std::chrono::seconds>(options.max_cpu).count();
    limit(RLIMIT_CPU, static_cast<rlim_t>(used_cpu_seconds() + seconds), "max_cpu");
  }
  if (options.max_descriptors > 0) {
    limit(RLIMIT_NOFILE, static_cast<rlim_t>(options.max_descriptors), "max_descriptors");
  }
  if (options.umask) umask_ = ::umask(static_cast<mode_t>(*options.umask));
  if (!options.working_directory.empty()) enter(options.working_directory);
  if (options.environment) keep_environment(*options.environment);
  if (options.no_new_privileges) {
    if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
      fail(ErrorCode::kUnavailable, "no_new_privileges");
    }
    is_for_good_ = true;
  }
}

void LimitScope::take_off() noexcept {
  for (const auto& [resource, value] : before_) {
    ::setrlimit(static_cast<__rlimit_resource>(resource), &value);
  }
  if (umask_) ::umask(*umask_);
  if (directory_ && ::fchdir(directory_.get()) != 0) is_for_good_ = true;
  if (environment_) set_environment(*environment_);
}

void LimitScope::limit(int resource, rlim_t value, const char* name) {
  rlimit before{};
  const auto which = static_cast<__rlimit_resource>(resource);
  if (::getrlimit(which, &before) != 0) fail(ErrorCode::kUnavailable, name);
  const rlimit now{std::min(value, before.rlim_max), before.rlim_max};
  if (::setrlimit(which, &now) != 0) fail(ErrorCode::kUnavailable, name);
  before_.emplace(resource, before);
}

void LimitScope::enter(const std::string& directory) {
  directory_.reset(::open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (::chdir(directory.c_str()) != 0) {
    fail(ErrorCode::kConfiguration,
         fmt::format("the working directory \"{}\" cannot be entered", directory));
  }
}

void LimitScope::keep_environment(const std::vector<std::string>& names) {
  environment_ = whole_environment();
  std::vector<std::string> kept;
  for (const std::string& one : *environment_) {
    const std::string name = one.substr(0, one.find('='));
    if (std::ranges::find(names, name) != names.end()) kept.push_back(one);
  }
  set_environment(kept);
}

std::int64_t resident_memory(pid_t process) {
  static const std::int64_t page = ::sysconf(_SC_PAGESIZE);
  std::int64_t total = 0;
  for (const pid_t one : find_descendants(process)) {
    std::ifstream statm{fmt::format("/proc/{}/statm", one)};
    std::int64_t size = 0;
    std::int64_t resident = 0;
    if (statm >> size >> resident) total += resident * page;
  }
  return total;
}

}  // namespace stint
