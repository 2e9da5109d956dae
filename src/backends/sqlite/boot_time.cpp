#include "backends/sqlite/boot_time.hpp"
#include <filesystem>
#include <fstream>
#include <system_error>
#include <fmt/format.h>
#include "base/clock.hpp"
#include "base/host.hpp"
#include "stint/error.hpp"

namespace stint::sqlite {
namespace {

namespace fs = std::filesystem;

// Which namespace it is; empty where the kernel knows none.
std::string space(const std::string& proc, const char* name) {
  std::error_code error;
  const fs::path link = fs::read_symlink(fmt::format("{}/ns/{}", proc, name), error);
  return error ? std::string{} : link.string();
}

}  // namespace

std::chrono::nanoseconds boot_time_offset(const std::string& proc) {
  if (space(proc, "time") != space(proc, "time_for_children")) {
    throw Error{
        ErrorCode::kConfiguration,
        "this process has made a time namespace for its children and is not in it itself, so "
        "that its own clock cannot be told from theirs: start it after the namespace is "
        "made (unshare --time --fork)",
        {.backend = "sqlite"}};
  }
  std::ifstream file{proc + "/timens_offsets"};
  std::string clock;
  std::int64_t seconds = 0;
  std::int64_t nanoseconds = 0;
  while (file >> clock >> seconds >> nanoseconds) {
    if (clock == "boottime") {
      return std::chrono::seconds{seconds} + std::chrono::nanoseconds{nanoseconds};
    }
  }
  return {};  // a kernel without time namespaces
}

BootTime machine_boot_time() {
  const auto offset = boot_time_offset("/proc/self");
  std::string id = boot_id();
  if (id.empty()) {
    throw Error{ErrorCode::kConfiguration,
                "/proc/sys/kernel/random/boot_id cannot be read, so that nobody could see that the "
                "machine was started anew; mount /proc or choose another backend",
                {.backend = "sqlite"}};
  }
  return [offset, id = std::move(id)] {
    return BootMoment{.since_boot = real_clock().boot_now() - offset, .boot_id = id};
  };
}

}  // namespace stint::sqlite
