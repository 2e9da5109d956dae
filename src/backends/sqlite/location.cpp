#include "backends/sqlite/location.hpp"
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <system_error>
#include <fmt/format.h>
#include "base/characters.hpp"
#include "base/url.hpp"
#include "base/user_folder.hpp"
#include "stint/error.hpp"

namespace stint::sqlite {
namespace {

namespace fs = std::filesystem;

Error place_error(const std::string& path, const std::error_code& cause) {
  const char* way_out = "give write permission on it or name another file in the URL";
  if (cause == std::errc::no_space_on_device) way_out = "free space on its disk";
  if (cause == std::errc::not_a_directory) way_out = "name a path whose folders are folders";
  return Error{ErrorCode::kUnavailable,
               fmt::format("cannot make {}: {}; {}", path, cause.message(), way_out),
               {.backend = "sqlite", .native_code = std::to_string(cause.value())}};
}

/// A path as a shell reads it.
std::string for_shell(const std::string& path) {
  const auto is_plain = [](char c) {
    return is_letter(c) || is_digit(c) ||
           std::string_view{"/._-+@"}.find(c) != std::string_view::npos;
  };
  if (std::ranges::all_of(path, is_plain)) return path;
  std::string result = "'";
  for (const char c : path) result += c == '\'' ? std::string{"'\\''"} : std::string{c};
  return result + "'";
}

/// Whether there is a folder, or something else that the opening of the file will name.
bool is_there(const fs::path& folder) {
  struct stat found{};
  if (::stat(folder.c_str(), &found) == 0) return true;
  if (errno == ENOENT) return false;
  throw place_error(folder.string(), std::error_code{errno, std::generic_category()});
}

bool is_own(const fs::path& folder) {
  const std::string state = state_folder();
  if (state.empty()) return false;
  const fs::path below = folder.lexically_relative(fs::path{state + "/stint"}.lexically_normal());
  return !below.empty() && *below.begin() != "..";
}

void make_own_folder(const fs::path& folder) {
  if (folder.empty() || is_there(folder)) return;
  make_own_folder(folder.parent_path());
  // Another program may make it at the same time.
  if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) {
    throw place_error(folder.string(), std::error_code{errno, std::generic_category()});
  }
}

void require_folder(const Location& location) {
  const fs::path folder = fs::path{location.path}.parent_path();
  if (is_there(folder)) return;
  if (is_own(folder)) return make_own_folder(folder);
  throw Error{ErrorCode::kConfiguration,
              fmt::format("cannot make {}: there is no folder {}; make it with `mkdir -p {}`, or "
                          "name another file in the URL",
                          location.path, folder.string(), for_shell(folder.string())),
              {.backend = "sqlite", .native_code = std::to_string(ENOENT)}};
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
  require_folder(location);
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
