#include "backends/sqlite/role_file.hpp"
#include <array>
#include <filesystem>
#include <utility>
#include <fmt/format.h>
#include "backends/sqlite/schema.hpp"
#include "base/network_disk.hpp"
#include "core/role_place.hpp"
#include "stint/error.hpp"

namespace stint::sqlite {
namespace {

constexpr std::array<std::string_view, 1> kSchemes{"sqlite"};

void check_disk(const std::string& path) {
  const std::string_view kind = network_disk(path);
  if (kind.empty()) return;
  throw Error{ErrorCode::kConfiguration,
              fmt::format("{} is on {}: what one machine keeps there cannot exclude another one; "
                          "name a file on a local disk, or choose another backend",
                          path, kind),
              {.backend = "sqlite"}};
}

// Whether another file has taken its place, or none: then nobody else would see what we write.
bool is_elsewhere(Connection& connection) {
  int moved = 0;
  return sqlite3_file_control(connection.handle(), "main", SQLITE_FCNTL_HAS_MOVED, &moved) !=
             SQLITE_OK ||
         moved != 0;
}

}  // namespace

RoleFile::Opened::Opened(const Location& location, std::chrono::milliseconds timeout)
    : connection(location.path),
      turn(location.turn_path()),
      wake(location.wake_path()),
      writer(
          connection, turn, wake, [] { return to_micros(std::chrono::system_clock::now()); },
          timeout) {
  sqlite3_busy_timeout(connection.handle(), static_cast<int>(timeout.count()));
}

RoleFile::RoleFile(const BackendOptions& options, BootTime boot_time)
    : boot_time_(std::move(boot_time)),
      timeout_(role_timeout(options)),
      url_(role_url(options, kSchemes)),
      location_(parse_location(url_)) {}

RoleFile::Opened& RoleFile::opened() {
  if (opened_ && is_elsewhere(opened_->connection)) opened_.reset();
  if (!opened_) {
    prepare_tables(url_, timeout_);
    check_disk(location_.path);
    opened_ = std::make_unique<Opened>(location_, timeout_);
  }
  return *opened_;
}

}  // namespace stint::sqlite
