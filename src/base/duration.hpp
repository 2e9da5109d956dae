/// Durations as text.
#pragma once
#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace stint {

/// What `parse_duration` takes, for the way out of an error message.
inline constexpr std::string_view kDurationForms =
    "a number of seconds, 250ms, 90s, 5m, 1h30m, 2d, or ISO 8601 such as P1D or PT5M";

/// Read a duration, never negative: a plain number is seconds; numbers with units w d h m s ms us
/// ns, the greater first (`1h30m`, `1.5s`); or ISO 8601 with weeks, days, hours, minutes and
/// seconds (years and months have no fixed length). Nothing for any other text, and for what
/// exceeds 292 years. What is below a nanosecond is cut off.
std::optional<std::chrono::nanoseconds> parse_duration(std::string_view text);

/// Write a duration shortly and exactly: `1h30m`, `1.5s`, `250ms`, `2d`, `0s`. `parse_duration`
/// reads it back, except for the `-` of a negative one.
std::string format_duration(std::chrono::nanoseconds duration);

/// The duration as a number of seconds.
constexpr double in_seconds(std::chrono::nanoseconds duration) {
  return std::chrono::duration<double>(duration).count();
}

}  // namespace stint
