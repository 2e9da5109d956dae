#include "backends/sqlite/location.hpp"
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cerrno>
#include <filesystem>
#include <system_error>
#include <fmt/format.h>
#include "base/url.hpp"
#include "stint/error.hpp"

namespace stint::sqlite {
namespace {

Error place_error(const std::string& path, const std::error_code& cause) {
  const char* way_out = "give write permission on it or name another file in the URL";
  if (cause == std::errc::no_space_on_device) way_out = "free space on its disk";
  if (cause == std::errc::not_a_directory) way_out = "name a path whose folders are folders";
  return Error{ErrorCode::kUnavailable,
               fmt::format("cannot make {}: {}; {}", path, cause.message(), way_out),
               {.backend = "sqlite", .native_code = std::to_string(cause.value())}};
}

void make_folder(const std::filesystem::path& folder) {
  std::error_code error;
  if (folder.empty() || std::filesystem::is_directory(folder, error)) return;
  make_folder(folder.parent_path());
  // Another program may make it at the same time.
  if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) {
    throw place_error(folder.string(), std::error_code{errno, std::generic_category()});
  }
}

}  // namespace

Location parse_location(std::string_view url) {
  const Url parsed = parse_url(url);
  if (parsed.scheme != "sqlite") {
    throw url_error(url, "is no address of SQLite", "write sqlite:jobs.db or sqlite:/path/jobs.db");
  }
  if (!parsed.parameters.empty()) {
    throw url_error(url, fmt::format("has a parameter \"{}\"", parsed.parameters.front().name),
                    "leave it out: a sqlite: URL takes none");
  }
  std::error_code error;
  const std::filesystem::path path = std::filesystem::absolute(parsed.path, error);
  if (error) throw place_error(parsed.path, error);
  return Location{.path = path.lexically_normal().string()};
}

void make_place(const Location& location) {
  make_folder(std::filesystem::path{location.path}.parent_path());
  const int descriptor =
      ::open(location.path.c_str(), O_RDONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (descriptor >= 0) {
    ::close(descriptor);
  } else if (errno != EEXIST) {
    throw place_error(location.path, std::error_code{errno, std::generic_category()});
  }
  std::error_code error;
  if (std::filesystem::is_directory(location.path, error)) {
    throw Error{ErrorCode::kUnavailable,
                fmt::format("{0} is a folder, no SQLite store; name a file in it, as in "
                            "sqlite:{0}/jobs.db",
                            location.path == "/" ? "" : location.path),
                {.backend = "sqlite", .native_code = std::to_string(EISDIR)}};
  }
}

}  // namespace stint::sqlite
