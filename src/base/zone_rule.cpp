#include "base/zone_rule.hpp"

namespace stint {

using std::chrono::local_seconds;
using std::chrono::seconds;

class ZoneRule::Reader final {
 public:
  explicit Reader(std::string_view text) : left_(text) {}

  bool at_end() const { return left_.empty(); }
  bool is_at(char c) const { return left_.starts_with(c); }
  bool skip(char c) {
    if (!left_.starts_with(c)) return false;
    left_.remove_prefix(1);
    return true;
  }

  /// Skip an abbreviation: letters, or anything in angle brackets.
  bool skip_name() {
    if (is_at('<')) {
      const std::size_t end = left_.find('>');
      if (end == std::string_view::npos) return false;
      left_.remove_prefix(end + 1);
      return true;
    }
    std::size_t length = 0;
    while (length < left_.size() && is_letter(left_[length])) ++length;
    left_.remove_prefix(length);
    return length >= 3;
  }

  /// Read up to three digits; nothing if there are none, or the number is beyond `most`.
  std::optional<int> number(int most) {
    int value = 0;
    int digits = 0;
    while (!left_.empty() && left_[0] >= '0' && left_[0] <= '9' && digits < 3) {
      value = value * 10 + (left_[0] - '0');
      left_.remove_prefix(1);
      ++digits;
    }
    if (digits == 0 || value > most) return std::nullopt;
    return value;
  }

  /// Read [+-]h[:mm[:ss]].
  std::optional<seconds> time() {
    constexpr int kMostHours = 167;
    const bool negative = skip('-');
    if (!negative) skip('+');
    const std::optional<int> hours = number(kMostHours);
    if (!hours) return std::nullopt;
    seconds result = std::chrono::hours{*hours};
    if (skip(':')) {
      const std::optional<int> minutes = number(59);
      if (!minutes) return std::nullopt;
      result += std::chrono::minutes{*minutes};
      if (skip(':')) {
        const std::optional<int> rest = number(59);
        if (!rest) return std::nullopt;
        result += seconds{*rest};
      }
    }
    return negative ? -result : result;
  }

  std::optional<Change> change() {
    Change result;
    if (skip('M')) {
      result.kind = Change::Kind::kMonthWeekDay;
      const std::optional<int> month = number(12);
      if (!month || *month < 1 || !skip('.')) return std::nullopt;
      const std::optional<int> week = number(5);
      if (!week || *week < 1 || !skip('.')) return std::nullopt;
      const std::optional<int> day = number(6);
      if (!day) return std::nullopt;
      result.month = *month;
      result.week = *week;
      result.day = *day;
    } else {
      const bool is_julian = skip('J');
      const std::optional<int> day = number(365);
      if (!day || (is_julian && *day < 1)) return std::nullopt;
      result.kind = is_julian ? Change::Kind::kJulianWithoutLeapDay : Change::Kind::kDayOfYear;
      result.day = *day;
    }
    if (!skip('/')) return result;
    const std::optional<seconds> at = time();
    if (!at) return std::nullopt;
    result.time = *at;
    return result;
  }

 private:
  static bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

  std::string_view left_;
};

std::optional<ZoneRule> ZoneRule::parse(std::string_view text) {
  Reader reader{text};
  ZoneRule rule;
  if (!reader.skip_name()) return std::nullopt;
  const std::optional<seconds> standard = reader.time();
  if (!standard) return std::nullopt;
  rule.standard_ = -*standard;  // POSIX counts to the west
  if (reader.at_end()) return rule;
  rule.has_summer_ = true;
  if (!reader.skip_name()) return std::nullopt;
  rule.summer_ = rule.standard_ + std::chrono::hours{1};
  if (!reader.is_at(',')) {
    const std::optional<seconds> summer = reader.time();
    if (!summer) return std::nullopt;
    rule.summer_ = -*summer;
  }
  if (!reader.skip(',')) return std::nullopt;
  const std::optional<Change> begin = reader.change();
  if (!begin || !reader.skip(',')) return std::nullopt;
  const std::optional<Change> end = reader.change();
  if (!end || !reader.at_end()) return std::nullopt;
  rule.begin_ = *begin;
  rule.end_ = *end;
  return rule;
}

local_seconds ZoneRule::Change::in(std::chrono::year year) const {
  using std::chrono::days;
  using std::chrono::local_days;
  constexpr unsigned kLastWeek = 5;
  switch (kind) {
    case Kind::kMonthWeekDay: {
      const std::chrono::weekday weekday{static_cast<unsigned>(day)};
      const std::chrono::month in_month{static_cast<unsigned>(month)};
      const auto number = static_cast<unsigned>(week);
      if (number == kLastWeek)
        return local_days{year / in_month / weekday[std::chrono::last]} + time;
      return local_days{year / in_month / weekday[number]} + time;
    }
    case Kind::kJulianWithoutLeapDay: {
      constexpr int kLastOfFebruary = 59;
      const int leap_day = year.is_leap() && day > kLastOfFebruary ? 1 : 0;
      return local_days{year / 1 / 1} + days{day - 1 + leap_day} + time;
    }
    case Kind::kDayOfYear:
      break;
  }
  return local_days{year / 1 / 1} + days{day} + time;
}

seconds ZoneRule::offset_at(std::chrono::sys_seconds moment) const {
  if (!has_summer_) return standard_;
  const local_seconds standard_time{(moment + standard_).time_since_epoch()};
  const local_seconds summer_time{(moment + summer_).time_since_epoch()};
  const std::chrono::year year =
      std::chrono::year_month_day{std::chrono::floor<std::chrono::days>(standard_time)}.year();
  const local_seconds begin = begin_.in(year);
  const local_seconds end = end_.in(year);
  // In the south, summer time reaches over the end of the year.
  const bool is_summer = begin < end ? standard_time >= begin && summer_time < end
                                     : standard_time >= begin || summer_time < end;
  return is_summer ? summer_ : standard_;
}

}  // namespace stint
