/// The library's own log lines: a level check before anything is formatted, then one sink.
#pragma once
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <fmt/core.h>
#include "stint/log.hpp"

namespace stint {

/// Which lines are written. A logger's level is that of the longest name in `loggers` that is its
/// own or that of a part above it ("worker" holds for "worker.claimer"); else `level`.
struct LogLevels {
  LogLevel level = LogLevel::kInfo;
  std::map<std::string, LogLevel, std::less<>> loggers = {};
};

/// Set the levels for the whole process.
void set_log_levels(LogLevels levels);

/// Set where lines go while no program has taken them by `set_log_sink`: what the settings ask for.
/// Empty: standard error. The same rules hold as for `set_log_sink`.
void set_default_log_sink(std::function<void(const LogLine&)> sink);

/// Tell whether a line of this logger and level would be written.
bool log_enabled(std::string_view logger, LogLevel level) noexcept;

/// Write a line whatever its level. Never throws: what the sink refuses goes to standard error.
void write_log(LogLevel level, std::string_view logger, std::string_view text) noexcept;

/// Write a line to standard error in one piece, whatever the settings say: for one that cannot go
/// elsewhere.
void write_to_standard_error(const LogLine& line);

/// Escape what would let a text pretend to be several lines or speak to a terminal: control
/// characters become `\n`, `\r`, `\t`, `\x1b`.
std::string escape_controls(std::string_view text);

namespace detail {
void format_log(LogLevel level, std::string_view logger, fmt::string_view format,
                fmt::format_args args) noexcept;

template <typename... Args>
void log(LogLevel level, std::string_view logger, fmt::string_view format,
         const Args&... args) noexcept {
  if (log_enabled(logger, level)) {
    format_log(level, logger, format, fmt::make_format_args(args...));
  }
}
}  // namespace detail

/// Write a line: `log_info("worker.claimer", "claimed {} jobs", count)`. None of these throws.
template <typename... Args>
void log_debug(std::string_view logger, fmt::format_string<const Args&...> format,
               const Args&... args) noexcept {
  detail::log(LogLevel::kDebug, logger, format, args...);
}
template <typename... Args>
void log_info(std::string_view logger, fmt::format_string<const Args&...> format,
              const Args&... args) noexcept {
  detail::log(LogLevel::kInfo, logger, format, args...);
}
template <typename... Args>
void log_warning(std::string_view logger, fmt::format_string<const Args&...> format,
                 const Args&... args) noexcept {
  detail::log(LogLevel::kWarning, logger, format, args...);
}
template <typename... Args>
void log_error(std::string_view logger, fmt::format_string<const Args&...> format,
               const Args&... args) noexcept {
  detail::log(LogLevel::kError, logger, format, args...);
}

}  // namespace stint
