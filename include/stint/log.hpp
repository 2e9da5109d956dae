/// The levels of log lines, and the hand-over of the library's own lines to an embedding program.
#pragma once
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace stint {

/// How much a line matters.
enum class LogLevel : std::uint8_t { kDebug, kInfo, kWarning, kError };

/// Name a level as the settings do: "warning".
std::string_view to_string(LogLevel level);
/// Find the level of a name; nothing for a name that is none.
std::optional<LogLevel> parse_log_level(std::string_view name);

/// Where a line of a job's log comes from.
enum class LogSource : std::uint8_t {
  kLog,     ///< written with `job.log()`
  kOutput,  ///< printed to standard output: level info
  kError,   ///< printed to standard error: level warning
  kStack,   ///< a look at its stacks that was asked for (`job stack`): level info
};

/// Name a source: "log", "stdout", "stderr" or "stack".
std::string_view to_string(LogSource source);

/// One line of the library's own log.
struct LogLine {
  LogLevel level = LogLevel::kInfo;
  std::string logger = {};  ///< the part of the library that speaks, dotted: "worker.claimer"
  std::string text = {};    ///< UTF-8 without NUL; may hold several lines
  std::chrono::system_clock::time_point time = {};
};

/// Hand the library's own lines to `sink` in place of writing them where `[logging]` says; an empty
/// function ends that. The levels of `[logging]` still hold ("info" while no settings were
/// applied).
///
/// The sink is called on the thread that writes the line, by several threads at once, and must not
/// keep them long. What it throws is dropped and the line goes to standard error; lines that are
/// written within a call of the sink are dropped. When this function returns, the former sink is no
/// longer called nor within a call (except where the sink itself makes this call): what it refers
/// to may be destroyed. Do not hold a lock that the sink takes. May be called at any time, from any
/// thread.
void set_log_sink(std::function<void(const LogLine&)> sink);

}  // namespace stint
