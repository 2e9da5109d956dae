/// Points in time as text: RFC 3339 in UTC.
#pragma once
#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace stint {

/// What `parse_time_or_offset` takes, for the way out of an error message.
inline constexpr std::string_view kTimeForms =
    "2026-11-21T12:00:00Z, 2026-11-21 12:00 (UTC), 2026-11-21, or an offset from now such as +5m";

/// How many digits follow the second.
enum class TimeDigits {
  kMilliseconds,  ///< always three
  kShortest,      ///< as many as there are, at most six, none for a whole second
};

/// Write "2026-11-21T12:00:00.000Z". What is below the last digit is cut off. Years 1678 to 2261.
std::string format_time(std::chrono::system_clock::time_point time,
                        TimeDigits digits = TimeDigits::kMilliseconds);

/// Read RFC 3339 with any offset ("2026-11-21T13:00:00.5+01:00"), and, in UTC, `YYYY-MM-DD` and
/// `YYYY-MM-DD HH:MM[:SS]`, with a `T` or a blank between. Nothing for any other text, for days
/// that do not exist, leap seconds, and years outside 1678 to 2261.
std::optional<std::chrono::system_clock::time_point> parse_time(std::string_view text);

/// Read what `parse_time` reads, `now`, and offsets from now: `+5m`, `-1h30m`.
std::optional<std::chrono::system_clock::time_point> parse_time_or_offset(
    std::string_view text, std::chrono::system_clock::time_point now);

/// Read a time of day: `HH:MM[:SS[.F...]]`, from 00:00 to before 24:00.
std::optional<std::chrono::nanoseconds> parse_time_of_day(std::string_view text);

}  // namespace stint
