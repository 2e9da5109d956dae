/// Date math as Elasticsearch has it: `now-1d/d`, `2023-05-20||+7d`, and `today-1d` of our own.
#pragma once
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>
#include "base/time_zone.hpp"

namespace stint {

/// What an expression says: an anchor, and steps from there.
struct DateMath {
  enum class Anchor : std::uint8_t {
    kNow,     ///< the moment it is resolved against
    kDay,     ///< the beginning of that day; the day before and after by `days`
    kLocal,   ///< a written date or time without a zone: local time
    kMoment,  ///< a written time with its distance from UTC
  };
  struct Step {
    bool rounds = false;      ///< down to the beginning of the unit
    std::int64_t amount = 0;  ///< else what is added
    char unit = 'd';          ///< y M w d h m s
  };

  Anchor anchor = Anchor::kNow;
  int days = 0;  ///< of a kDay: -1 yesterday, 1 tomorrow
  std::chrono::sys_time<std::chrono::microseconds> written = {};  ///< of a kLocal as if in UTC
  std::vector<Step> steps = {};
};

/// Either an expression, or why the text is none.
struct ParsedDateMath {
  std::optional<DateMath> expression = {};
  std::string problem = {};
};

using DateMoment = std::chrono::sys_time<std::chrono::microseconds>;

/// Tell whether a text is meant as an expression rather than a plain date or time: it begins with
/// now, today, yesterday or tomorrow, or has `||` in it.
bool is_date_math(std::string_view text);

/// Read `now`, `today`, `yesterday`, `tomorrow`, or a date or time followed by `||`, and any number
/// of `+N` or `-N` and a unit, and `/` and a unit. A plain date or time is taken as well. At most
/// 200 bytes.
ParsedDateMath parse_date_math(std::string_view text);

/// Evaluate from left to right. y, M, w and d count on the calendar of the zone, and a day of the
/// month that does not exist becomes the last one; h, m and s count real time. Nothing if a step
/// leads out of the years 1678 to 2261.
std::optional<DateMoment> evaluate(const DateMath& math, DateMoment now, const TimeZone& zone);

/// The day on which a moment is in a zone, as "2026-11-21".
std::string local_day(DateMoment moment, const TimeZone& zone);

/// For messages and help: what a date expression looks like.
inline constexpr std::string_view kDateMathUnits = "y, M, w, d, h, m, s";

}  // namespace stint
