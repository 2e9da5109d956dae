/// A file of log lines that several processes may share, and that is rotated.
#pragma once
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include "base/mutex.hpp"
#include "base/unique_fd.hpp"

namespace stint {

/// When a file becomes `FILE.1`, what was `FILE.1` becomes `FILE.2`, and so on.
struct LogRotation {
  std::int64_t max_bytes = 0;  ///< before a line would make it larger; 0: whatever its size
  bool daily = false;          ///< before the first line of a new day, in local time
  int keep = 5;                ///< rotated files that stay; older ones are removed
};

/// Append lines, each in one write, so that those of several threads and processes do not mix. Who
/// finds the file gone or replaced (logrotate, another process that rotated it) opens it anew.
/// May be used by several threads.
class LogFile final {
 public:
  /// Open the file, make it and the folder that it is in if they do not exist. Throws Error
  /// (kConfiguration) with the path and the cause.
  LogFile(std::string path, LogRotation rotation);

  /// Append a line that ends with a newline and was written at this time. Throws Error
  /// (kUnavailable) if it cannot be. A rotation that fails loses nothing: the file grows on. A file
  /// that was moved away and cannot be made anew is still written to. In both cases the cause is
  /// returned, at most once in an hour.
  std::optional<std::string> append(std::string_view line,
                                    std::chrono::system_clock::time_point time);

 private:
  std::optional<std::string> reopen_if_replaced() STINT_REQUIRES(mutex_);
  bool is_rotation_due(std::size_t line_bytes, std::chrono::system_clock::time_point time) const
      STINT_REQUIRES(mutex_);
  std::optional<std::string> rotate() STINT_REQUIRES(mutex_);
  int open_file() const;

  const std::string path_;
  const LogRotation rotation_;
  Mutex mutex_;
  UniqueFd file_ STINT_GUARDED_BY(mutex_);
  std::optional<std::chrono::system_clock::time_point> rotation_failed_ STINT_GUARDED_BY(mutex_);
  std::optional<std::chrono::system_clock::time_point> loss_told_ STINT_GUARDED_BY(mutex_);
};

}  // namespace stint
