#include "base/time_format.hpp"
#include <cstdint>
#include <fmt/format.h>
#include "base/duration.hpp"

namespace stint {
namespace {

using std::chrono::microseconds;
using std::chrono::nanoseconds;
using Time = std::chrono::system_clock::time_point;

// Nanoseconds from 1970 in 64 bits reach a little further than these full years.
constexpr int kFirstYear = 1678;
constexpr int kLastYear = 2261;

class Reader final {
 public:
  explicit Reader(std::string_view text) : left_(text) {}

  bool at_end() const { return left_.empty(); }

  bool skip(char c) {
    if (!left_.starts_with(c)) return false;
    left_.remove_prefix(1);
    return true;
  }
  bool skip_any(std::string_view characters) {
    if (left_.empty() || characters.find(left_[0]) == std::string_view::npos) return false;
    left_.remove_prefix(1);
    return true;
  }

  /// Read exactly `count` digits as a number from 0 to `most`; -1 if they are not there.
  int digits(int count, int most) {
    if (left_.size() < static_cast<std::size_t>(count)) return -1;
    int number = 0;
    for (int i = 0; i < count; ++i) {
      const char c = left_[static_cast<std::size_t>(i)];
      if (c < '0' || c > '9') return -1;
      number = number * 10 + (c - '0');
    }
    left_.remove_prefix(static_cast<std::size_t>(count));
    return number <= most ? number : -1;
  }

  /// Read the digits behind a decimal point, at least one; those beyond the ninth are cut off.
  std::optional<nanoseconds> fraction() {
    std::int64_t value = 0;
    std::int64_t worth = 100'000'000;
    bool any = false;
    while (!left_.empty() && left_[0] >= '0' && left_[0] <= '9') {
      value += (left_[0] - '0') * worth;
      worth /= 10;
      any = true;
      left_.remove_prefix(1);
    }
    if (!any) return std::nullopt;
    return nanoseconds{value};
  }

 private:
  std::string_view left_;
};

std::optional<std::chrono::sys_days> read_day(Reader& reader) {
  const int year = reader.digits(4, kLastYear);
  if (year < kFirstYear || !reader.skip('-')) return std::nullopt;
  const int month = reader.digits(2, 12);
  if (month < 1 || !reader.skip('-')) return std::nullopt;
  const int day = reader.digits(2, 31);
  if (day < 1) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year{year},
                                         std::chrono::month{static_cast<unsigned>(month)},
                                         std::chrono::day{static_cast<unsigned>(day)}};
  if (!date.ok()) return std::nullopt;
  return std::chrono::sys_days{date};
}

std::optional<nanoseconds> read_time_of_day(Reader& reader) {
  const int hour = reader.digits(2, 23);
  if (hour < 0 || !reader.skip(':')) return std::nullopt;
  const int minute = reader.digits(2, 59);
  if (minute < 0) return std::nullopt;
  nanoseconds time = std::chrono::hours{hour} + std::chrono::minutes{minute};
  if (!reader.skip(':')) return time;
  const int second = reader.digits(2, 59);
  if (second < 0) return std::nullopt;
  time += std::chrono::seconds{second};
  if (!reader.skip('.')) return time;
  const std::optional<nanoseconds> fraction = reader.fraction();
  if (!fraction) return std::nullopt;
  return time + *fraction;
}

// Read what follows the time of day: nothing or Z for UTC, or the zone's distance from it.
std::optional<nanoseconds> read_offset(Reader& reader) {
  if (reader.at_end() || reader.skip_any("Zz")) return nanoseconds{0};
  const bool east = reader.skip('+');
  if (!east && !reader.skip('-')) return std::nullopt;
  const int hour = reader.digits(2, 23);
  if (hour < 0 || !reader.skip(':')) return std::nullopt;
  const int minute = reader.digits(2, 59);
  if (minute < 0) return std::nullopt;
  const nanoseconds offset = std::chrono::hours{hour} + std::chrono::minutes{minute};
  return east ? offset : -offset;
}

Time to_system(std::chrono::sys_time<nanoseconds> time) {
  return std::chrono::time_point_cast<Time::duration>(time);
}

}  // namespace

std::string format_time(Time time, TimeDigits digits) {
  const auto micros = std::chrono::floor<microseconds>(time);
  const auto day = std::chrono::floor<std::chrono::days>(micros);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss clock{micros - day};
  std::string text =
      fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", int{date.year()}, unsigned{date.month()},
                  unsigned{date.day()}, clock.hours().count(), clock.minutes().count(),
                  clock.seconds().count());
  const std::int64_t fraction = clock.subseconds().count();
  if (digits == TimeDigits::kMilliseconds) {
    text += fmt::format(".{:03}", fraction / 1000);
  } else if (fraction != 0) {
    text += fmt::format(".{:06}", fraction);
    text.erase(text.find_last_not_of('0') + 1);
  }
  return text + 'Z';
}

std::optional<Time> parse_time(std::string_view text) {
  Reader reader{text};
  const std::optional<std::chrono::sys_days> day = read_day(reader);
  if (!day) return std::nullopt;
  if (reader.at_end()) return Time{*day};
  if (!reader.skip_any("Tt ")) return std::nullopt;
  const std::optional<nanoseconds> time = read_time_of_day(reader);
  if (!time) return std::nullopt;
  const std::optional<nanoseconds> offset = read_offset(reader);
  if (!offset || !reader.at_end()) return std::nullopt;
  return to_system(std::chrono::sys_time<nanoseconds>{*day} + *time - *offset);
}

std::optional<nanoseconds> parse_time_of_day(std::string_view text) {
  Reader reader{text};
  const std::optional<nanoseconds> time = read_time_of_day(reader);
  return reader.at_end() ? time : std::nullopt;
}

std::optional<Time> parse_time_or_offset(std::string_view text, Time now) {
  if (text == "now") return now;
  if (!text.starts_with('+') && !text.starts_with('-')) return parse_time(text);
  const std::optional<nanoseconds> offset = parse_duration(text.substr(1));
  if (!offset) return std::nullopt;
  const std::int64_t start =
      std::chrono::duration_cast<nanoseconds>(now.time_since_epoch()).count();
  std::int64_t sum = 0;
  const bool overflows = text[0] == '+' ? __builtin_add_overflow(start, offset->count(), &sum)
                                        : __builtin_sub_overflow(start, offset->count(), &sum);
  if (overflows) return std::nullopt;
  const Time time = to_system(std::chrono::sys_time<nanoseconds>{nanoseconds{sum}});
  const std::chrono::year_month_day date{std::chrono::floor<std::chrono::days>(time)};
  if (int{date.year()} < kFirstYear || int{date.year()} > kLastYear) return std::nullopt;
  return time;
}

}  // namespace stint
