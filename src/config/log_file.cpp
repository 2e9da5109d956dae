#include "config/log_file.hpp"
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <cerrno>
#include <cstdio>
#include <ctime>
#include <filesystem>
#include <system_error>
#include <utility>
#include <fmt/format.h>
#include "base/errno_text.hpp"
#include "stint/error.hpp"

namespace stint {
namespace {

constexpr mode_t kMode = 0644;
constexpr std::chrono::hours kRetry{1};

bool is_same_file(const struct stat& one, const struct stat& other) {
  return one.st_dev == other.st_dev && one.st_ino == other.st_ino;
}

bool is_earlier_day(std::time_t one, std::time_t other) {
  std::tm first{};
  std::tm second{};
  ::localtime_r(&one, &first);
  ::localtime_r(&other, &second);
  return std::pair{first.tm_year, first.tm_yday} < std::pair{second.tm_year, second.tm_yday};
}

std::string rotated_name(const std::string& path, int number) {
  return number == 0 ? path : fmt::format("{}.{}", path, number);
}

}  // namespace

LogFile::LogFile(std::string path, LogRotation rotation)
    : path_(std::move(path)), rotation_(rotation) {
  const std::filesystem::path folder = std::filesystem::path{path_}.parent_path();
  std::error_code ignored;  // opening tells it better
  if (!folder.empty()) std::filesystem::create_directories(folder, ignored);
  file_.reset(open_file());
  if (!file_) {
    throw Error{ErrorCode::kConfiguration,
                fmt::format("the log file \"{}\" (logging.file) cannot be opened: {}; name one in "
                            "a folder that can be written to",
                            path_, errno_text(errno))};
  }
}

int LogFile::open_file() const {
  return ::open(path_.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, kMode);
}

std::optional<std::string> LogFile::append(std::string_view line,
                                           std::chrono::system_clock::time_point time) {
  const MutexLock lock{mutex_};
  std::optional<std::string> problem = reopen_if_replaced();
  if (problem && loss_told_ && time - *loss_told_ < kRetry) {
    problem.reset();
  } else {
    loss_told_ = problem ? std::optional{time} : std::nullopt;
  }
  const bool may_rotate = !rotation_failed_ || time - *rotation_failed_ >= kRetry;
  if (!problem && may_rotate && is_rotation_due(line.size(), time)) {
    problem = rotate();
    rotation_failed_ = problem ? std::optional{time} : std::nullopt;
  }
  const ssize_t written = file_ ? ::write(file_.get(), line.data(), line.size()) : -1;
  if (written == static_cast<ssize_t>(line.size())) return problem;
  // What a full disk took of a line is no line; the caller writes the whole of it elsewhere.
  const std::string why = written >= 0 ? "only a part of a line was taken" : errno_text(errno);
  throw Error{ErrorCode::kUnavailable,
              fmt::format("the log file \"{}\" cannot be written to: {}", path_, why)};
}

std::optional<std::string> LogFile::reopen_if_replaced() {
  struct stat named{};
  struct stat open{};
  if (file_ && ::stat(path_.c_str(), &named) == 0 && ::fstat(file_.get(), &open) == 0 &&
      is_same_file(named, open)) {
    return std::nullopt;
  }
  if (UniqueFd next{open_file()}) {
    file_ = std::move(next);
    return std::nullopt;
  }
  // A file that was moved away is still better than none.
  return fmt::format(
      "the log file \"{}\" is gone and cannot be made anew: {}; lines go to where it "
      "was moved",
      path_, errno_text(errno));
}

bool LogFile::is_rotation_due(std::size_t line_bytes,
                              std::chrono::system_clock::time_point time) const {
  if (rotation_.max_bytes == 0 && !rotation_.daily) return false;
  struct stat now{};
  if (!file_ || ::fstat(file_.get(), &now) != 0 || !S_ISREG(now.st_mode)) return false;
  if (now.st_size == 0) return false;
  const std::int64_t next_size = now.st_size + static_cast<std::int64_t>(line_bytes);
  if (rotation_.max_bytes > 0 && next_size > rotation_.max_bytes) return true;
  return rotation_.daily &&
         is_earlier_day(now.st_mtime, std::chrono::system_clock::to_time_t(time));
}

std::optional<std::string> LogFile::rotate() {
  // Of several processes the one with the lock renames. Another one goes on writing to the file
  // that it has, or finds below that it is no longer the one.
  if (::flock(file_.get(), LOCK_EX | LOCK_NB) != 0) return std::nullopt;
  struct stat named{};
  struct stat open{};
  if (::stat(path_.c_str(), &named) != 0 || ::fstat(file_.get(), &open) != 0 ||
      !is_same_file(named, open)) {
    return reopen_if_replaced();
  }
  for (int number = rotation_.keep; number > 0; --number) {
    const std::string from = rotated_name(path_, number - 1);
    const std::string to = rotated_name(path_, number);
    if (std::rename(from.c_str(), to.c_str()) == 0) continue;
    if (const int error = errno; error != ENOENT) {
      ::flock(file_.get(), LOCK_UN);
      return fmt::format("the log file \"{}\" cannot be rotated: \"{}\" does not become \"{}\": {}",
                         path_, from, to, errno_text(error));
    }
  }
  return reopen_if_replaced();  // closes what has become FILE.1, and with it gives the lock back
}

}  // namespace stint
