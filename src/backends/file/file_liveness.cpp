#include "backends/file/file_liveness.hpp"
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <fmt/format.h>
#include "base/clock.hpp"
#include "base/errno_text.hpp"
#include "base/file_name.hpp"
#include "base/unique_fd.hpp"
#include "base/utf8.hpp"
#include "base/uuid.hpp"
#include "stint/error.hpp"

namespace stint {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kLongestName = 180;  // with what is added it stays below 255
constexpr std::size_t kMostBytes = std::size_t{64} * 1024;
constexpr mode_t kFileMode = 0644;  // for monitoring to read; the umask may take rights away

[[noreturn]] void fail(ErrorCode code, const std::string& what, int error) {
  throw Error{code, fmt::format("{}: {}", what, errno_text(error)),
              Error::Details{.retryable = code == ErrorCode::kUnavailable,
                             .backend = "file",
                             .native_code = std::to_string(error)}};
}

// A folder that is missing or closed to us does not open by itself; a disk may get space again.
ErrorCode code_of(int error) {
  const bool is_refused = error == EACCES || error == EPERM || error == ENOTDIR ||
                          error == ENAMETOOLONG || error == ELOOP || error == EISDIR;
  return is_refused ? ErrorCode::kConfiguration : ErrorCode::kUnavailable;
}

bool write_all(int file, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(file, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

class FileLiveness final : public LivenessBackend {
 public:
  FileLiveness(std::string directory, const std::string& name)
      : directory_(std::move(directory)),
        success_(fmt::format("{}/{}.json", directory_, name)),
        sign_of_life_(fmt::format("{}/{}.alive.json", directory_, name)),
        name_(name) {}

  void write(LivenessKind kind, const LivenessStamp& stamp) override {
    const std::string& path = kind == LivenessKind::kSuccess ? success_ : sign_of_life_;
    std::error_code error;
    fs::create_directories(directory_, error);
    if (error) {
      fail(code_of(error.value()), "cannot make the folder of stamps " + directory_, error.value());
    }
    // Hidden, and of a name that no other writer has.
    const std::string temporary = fmt::format("{}/.{}.{}", directory_, name_, random_uuid());
    write_file(temporary, json(stamp).dump(-1, ' ', false, json::error_handler_t::replace) + "\n");
    if (::rename(temporary.c_str(), path.c_str()) != 0) {
      const int cause = errno;
      ::unlink(temporary.c_str());
      fail(code_of(cause), "cannot write the stamp " + path, cause);
    }
    const UniqueFd folder{::open(directory_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    if (!folder || ::fsync(folder.get()) != 0) {
      fail(ErrorCode::kUnavailable, "cannot write the folder of stamps " + directory_, errno);
    }
  }

  LivenessRecord read() override {
    return {.success = read_file(success_), .sign_of_life = read_file(sign_of_life_)};
  }

 private:
  static void write_file(const std::string& path, const std::string& text) {
    const UniqueFd file{
        ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, kFileMode)};
    if (!file) fail(code_of(errno), "cannot make the file " + path, errno);
    if (write_all(file.get(), text) && ::fsync(file.get()) == 0) return;
    const int cause = errno;
    ::unlink(path.c_str());
    fail(ErrorCode::kUnavailable, "cannot write the file " + path, cause);
  }

  // Nothing for a file that is not there or holds no stamp.
  static std::optional<LivenessStamp> read_file(const std::string& path) {
    const UniqueFd file{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
    if (!file && errno == ENOENT) return std::nullopt;
    if (!file) fail(code_of(errno), "cannot read the stamp " + path, errno);
    struct stat info{};
    if (::fstat(file.get(), &info) != 0) fail(code_of(errno), "cannot read " + path, errno);
    std::string text;
    std::array<char, 4096> part{};
    while (text.size() <= kMostBytes) {
      const ssize_t size = ::read(file.get(), part.data(), part.size());
      if (size < 0 && errno == EINTR) continue;
      if (size < 0) fail(code_of(errno), "cannot read the stamp " + path, errno);
      if (size == 0) break;
      text.append(part.data(), static_cast<std::size_t>(size));
    }
    const json value = json::parse(text, nullptr, false);
    if (!value.is_object()) return std::nullopt;
    auto stamp = value.get<LivenessStamp>();
    const auto written = std::chrono::system_clock::time_point{
        std::chrono::seconds{info.st_mtim.tv_sec} + std::chrono::nanoseconds{info.st_mtim.tv_nsec}};
    const auto age = std::chrono::nanoseconds{real_clock().system_now() - written};
    stamp.age = std::max(age, std::chrono::nanoseconds{0});
    return stamp;
  }

  const std::string directory_;
  const std::string success_;
  const std::string sign_of_life_;
  const std::string name_;
};

}  // namespace

std::unique_ptr<LivenessBackend> make_file_liveness(const BackendOptions& options) {
  std::string directory = options.find<std::string>("directory").value_or("");
  if (directory.empty()) {
    throw ConfigurationError{{fmt::format(
        "{}.directory is not set, and without XDG_STATE_HOME and HOME there is no default: set it, "
        "or one of them",
        options.table)}};
  }
  const std::string name = file_name_of(options.key);
  if (name.empty() || name.size() > kLongestName) {
    throw ConfigurationError{{fmt::format(
        "{}: the key \"{}\" gives no file's name: it must not be empty, nor longer than {} bytes "
        "once written as one",
        options.table, sanitize_text(options.key), kLongestName)}};
  }
  return std::make_unique<FileLiveness>(std::move(directory), name);
}

}  // namespace stint
