#include "app/machine_checks.hpp"
#include <sys/resource.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <optional>
#include <system_error>
#include <thread>
#include <fmt/format.h>
#include "app/backends.hpp"
#include "base/errno_text.hpp"
#include "base/unique_fd.hpp"
#include "base/url.hpp"
#include "base/version.hpp"
#include "process/memory_group.hpp"
#include "runtime/worker_page.hpp"
#include "stint/error.hpp"

namespace stint {
namespace {

constexpr std::int64_t kMebibyte = 1 << 20;
constexpr std::int64_t kLittleRoom = 1024 * kMebibyte;
constexpr std::int64_t kNoRoom = 100 * kMebibyte;

// What a worker has open for itself, and for each slot with a process: socket, pipes, pidfd, page.
constexpr std::int64_t kOwnDescriptors = 64;
constexpr std::int64_t kDescriptorsOfSlot = 10;

std::optional<DiskRoom> room_of(const std::string& folder) {
  struct statvfs info{};
  if (::statvfs(folder.c_str(), &info) != 0) return std::nullopt;
  const auto block = static_cast<std::int64_t>(info.f_frsize);
  return DiskRoom{.free_bytes = static_cast<std::int64_t>(info.f_bavail) * block,
                  .total_bytes = static_cast<std::int64_t>(info.f_blocks) * block};
}

/// The folder that a file is in, or will be made in.
std::string existing_folder(const std::string& file) {
  std::error_code error;
  std::filesystem::path folder = std::filesystem::absolute(file, error).parent_path();
  while (!folder.empty() && folder != folder.root_path() &&
         !std::filesystem::is_directory(folder, error)) {
    folder = folder.parent_path();
  }
  return folder.string();
}

void add_disk(std::vector<HealthCheck>& checks, const std::string& name,
              const std::string& folder) {
  if (const auto room = room_of(folder)) {
    checks.push_back(judge_disk(name, folder, *room));
    return;
  }
  checks.push_back({.name = name,
                    .status = HealthStatus::kWarning,
                    .value = fmt::format("{}: {}", folder, errno_text(errno)),
                    .meaning = "what is to be written there cannot be written",
                    .advice = "make the folder, or name another one in the settings"});
}

HealthCheck check_pidfd() {
  HealthCheck check{
      .name = "processes",
      .meaning = "tasks can run in processes of their own, and be killed for certain"};
  struct utsname kernel{};
  ::uname(&kernel);
  check.value = fmt::format("Linux {}", kernel.release);
  const UniqueFd self{static_cast<int>(::syscall(SYS_pidfd_open, ::getpid(), 0))};
  if (self.get() >= 0) return check;
  check.status = HealthStatus::kProblem;
  check.value += ", no pidfd";
  check.meaning = "tasks that need a process (isolation, max_memory, programs) cannot run here";
  check.advice = "use Linux 5.3 or later, or allow pidfd_open in the container's seccomp profile";
  return check;
}

HealthCheck check_memory_limits() {
  HealthCheck check{.name = "memory_limits",
                    .value = "a control group for each job",
                    .meaning = "max_memory holds for a job and all that it starts"};
  if (const auto group = MemoryGroup::make()) return check;
  // Few systems let a worker make one, and most tasks need none: no reason to warn.
  check.value = "no control group can be made here";
  check.meaning =
      "max_memory is kept by looking at the processes a few times a second: a job can go "
      "over it for a moment (docs/isolation.md)";
  return check;
}

int slots_of(const Settings& settings) {
  if (const auto slots = settings.find<int>("worker.slots")) return *slots;
  return static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
}

}  // namespace

HealthCheck judge_disk(const std::string& name, const std::string& folder, const DiskRoom& room) {
  HealthCheck check{.name = name,
                    .value = fmt::format("{} MiB free of {} in {}", room.free_bytes / kMebibyte,
                                         room.total_bytes / kMebibyte, folder),
                    .meaning = "there is room"};
  // A small disk may be meant to be small.
  if (room.free_bytes >= std::min(kLittleRoom, room.total_bytes / 10)) return check;
  check.status = room.free_bytes < std::min(kNoRoom, room.total_bytes / 20)
                     ? HealthStatus::kProblem
                     : HealthStatus::kWarning;
  check.meaning = "once it is full nothing more is stored there: enqueues fail, log lines are lost";
  check.advice = "free space, or shorten what is kept: defaults.retention, logging.rotate_keep";
  return check;
}

HealthCheck judge_descriptors(std::int64_t soft, std::int64_t hard, int slots) {
  const std::int64_t needed = kOwnDescriptors + kDescriptorsOfSlot * slots;
  HealthCheck check{.name = "descriptors",
                    .value = fmt::format("{} open files at most ({} if asked for)", soft, hard),
                    .meaning = fmt::format("enough for a worker with {} slots", slots)};
  if (soft >= needed) return check;
  check.status = HealthStatus::kWarning;
  check.meaning = fmt::format(
      "a worker with {} slots may need {}: it would fail to start processes", slots, needed);
  check.advice = "raise the limit (ulimit -n, LimitNOFILE= of the unit), or have fewer slots";
  return check;
}

HealthCheck check_versions() {
  return {.name = "program",
          .value = fmt::format("stint {}", version()),
          .meaning =
              "this program; workers may be of other versions, `stint worker list --json` tells"};
}

std::vector<HealthCheck> check_machine(const Settings& settings, const std::string& store_url) {
  std::vector<HealthCheck> checks;
  if (!store_url.empty() && backend_name(store_url) == "sqlite") {
    add_disk(checks, "store_disk", existing_folder(parse_url(store_url).path));
  }
  if (const auto file = settings.find<std::string>("logging.file")) {
    add_disk(checks, "log_disk", existing_folder(*file));
  }
  add_disk(checks, "page_disk", existing_folder(default_page_directory() + "/page"));
  struct rlimit files{};
  ::getrlimit(RLIMIT_NOFILE, &files);
  checks.push_back(judge_descriptors(static_cast<std::int64_t>(files.rlim_cur),
                                     static_cast<std::int64_t>(files.rlim_max),
                                     slots_of(settings)));
  checks.push_back(check_pidfd());
  checks.push_back(check_memory_limits());
  return checks;
}

}  // namespace stint
