/// The rule of a time zone for years that its table does not reach: POSIX TZ text.
#pragma once
#include <chrono>
#include <optional>
#include <string_view>

namespace stint {

/// What `CET-1CEST,M3.5.0,M10.5.0/3` says.
class ZoneRule final {
 public:
  /// Nothing: the text is no such rule.
  static std::optional<ZoneRule> parse(std::string_view text);

  /// What is added to UTC for local time.
  std::chrono::seconds offset_at(std::chrono::sys_seconds moment) const;

 private:
  /// A day of each year, and the time on it when the clocks change.
  struct Change {
    enum class Kind { kMonthWeekDay, kJulianWithoutLeapDay, kDayOfYear };
    Kind kind = Kind::kDayOfYear;
    int month = 1;  ///< 1 to 12
    int week = 1;   ///< 1 to 5; 5: the last
    int day = 0;    ///< of the week, 0 Sunday; or of the year
    std::chrono::seconds time = std::chrono::hours{2};

    std::chrono::local_seconds in(std::chrono::year year) const;
  };
  class Reader;

  std::chrono::seconds standard_{0};
  std::chrono::seconds summer_{0};
  bool has_summer_ = false;
  Change begin_;  ///< of summer time, by standard time
  Change end_;    ///< by summer time
};

}  // namespace stint
