#include "core/date_math.hpp"
#include <algorithm>
#include <array>
#include <utility>
#include <fmt/format.h>
#include "base/characters.hpp"
#include "base/nearest.hpp"
#include "base/time_format.hpp"
#include "base/utf8.hpp"

namespace stint {
namespace {

using std::chrono::days;
using std::chrono::local_days;
using std::chrono::local_seconds;
using std::chrono::microseconds;
using std::chrono::seconds;
using std::chrono::sys_seconds;
using std::chrono::year_month_day;

// What time_format.hpp reads and writes.
constexpr std::chrono::year kFirstYear{1678};
constexpr std::chrono::year kLastYear{2261};
constexpr sys_seconds kFirst = std::chrono::sys_days{kFirstYear / 1 / 1};
constexpr sys_seconds kEnd = std::chrono::sys_days{(kLastYear + std::chrono::years{1}) / 1 / 1};

struct Keyword {
  std::string_view name;
  DateMath::Anchor anchor;
  int days;
};
constexpr std::array kKeywords = {Keyword{"now", DateMath::Anchor::kNow, 0},
                                  Keyword{"today", DateMath::Anchor::kDay, 0},
                                  Keyword{"yesterday", DateMath::Anchor::kDay, -1},
                                  Keyword{"tomorrow", DateMath::Anchor::kDay, 1}};

std::string_view word_at_start(std::string_view text) {
  const auto* const end = std::ranges::find_if_not(text, is_letter);
  return text.substr(0, static_cast<std::size_t>(end - text.begin()));
}

const Keyword* find_keyword(std::string_view word) {
  const auto* const found = std::ranges::find(kKeywords, word, &Keyword::name);
  return found == kKeywords.end() ? nullptr : found;
}

// Of a text that parse_time reads: whether it says how far it is from UTC.
bool has_offset(std::string_view text) {
  constexpr std::size_t kDay = 10;    // "2026-11-21"
  constexpr std::size_t kOffset = 6;  // "+01:00"
  if (text.size() <= kDay) return false;
  const char sign = text[text.size() - kOffset];
  return text.back() == 'Z' || text.back() == 'z' || sign == '+' || sign == '-';
}

bool take_written(std::string_view text, DateMath& math) {
  const auto time = parse_time(text);
  if (!time) return false;
  math.anchor = has_offset(text) ? DateMath::Anchor::kMoment : DateMath::Anchor::kLocal;
  math.written = std::chrono::floor<microseconds>(*time);
  return true;
}

// The character at the start, whole.
std::string shown_character(std::string_view text) {
  std::size_t length = 1;
  while (length < text.size() && (static_cast<unsigned char>(text[length]) & 0xC0U) == 0x80U) {
    ++length;
  }
  return sanitize_text(text.substr(0, length));
}

// Take one step from the front of `text`. Returns what is wrong with it.
std::string take_step(std::string_view& text, DateMath& math) {
  constexpr std::string_view kUnits = "yMwdhHms";
  constexpr std::size_t kMostDigits = 9;
  const char operation = text.front();
  if (operation != '+' && operation != '-' && operation != '/') {
    return fmt::format("\"{}\" stands where +, - or / must", shown_character(text));
  }
  DateMath::Step step{.rounds = operation == '/'};
  std::size_t length = 1;
  if (!step.rounds) {
    while (length < text.size() && is_digit(text[length])) ++length;
    const std::string_view digits = text.substr(1, length - 1);
    if (digits.size() > kMostDigits) {
      return fmt::format("{} is beyond 999999999", digits.substr(0, kMostDigits * 2));
    }
    step.amount = digits.empty() ? 1 : 0;
    for (const char c : digits) step.amount = step.amount * 10 + (c - '0');
    if (operation == '-') step.amount = -step.amount;
  }
  if (length == text.size()) {
    return fmt::format("a unit ({}) is missing after \"{}\"", kDateMathUnits, text);
  }
  if (kUnits.find(text[length]) == std::string_view::npos) {
    return fmt::format("\"{}\" is no unit ({})", shown_character(text.substr(length)),
                       kDateMathUnits);
  }
  step.unit = text[length] == 'H' ? 'h' : text[length];
  math.steps.push_back(step);
  text.remove_prefix(length + 1);
  return {};
}

// In seconds: far steps in microseconds would overflow.
bool is_in_range(sys_seconds moment) { return moment >= kFirst && moment < kEnd; }

/// A moment on its way through the steps.
class Walk final {
 public:
  Walk(DateMoment start, const TimeZone& zone) : zone_(zone) { set(start); }

  DateMoment moment() const { return whole_ + part_; }
  bool is_in_range() const { return stint::is_in_range(whole_); }

  /// Begin at a local time.
  void set_local(local_seconds local, microseconds part) {
    whole_ = zone_.to_system(local);
    part_ = part;
  }
  void set(DateMoment moment) {
    whole_ = std::chrono::floor<seconds>(moment);
    part_ = moment - whole_;
  }

  bool add(std::int64_t amount, char unit) {
    switch (unit) {
      case 'y':
        return add_months(amount * 12);
      case 'M':
        return add_months(amount);
      case 'w':
        return add_days(amount * 7);
      case 'd':
        return add_days(amount);
      case 'h':
        return add_time(std::chrono::hours{amount});
      case 'm':
        return add_time(std::chrono::minutes{amount});
      default:
        return add_time(seconds{amount});
    }
  }

  /// Go back to the beginning of the unit.
  void round(char unit) {
    part_ = {};
    const local_seconds local = zone_.to_local(whole_);
    const local_days day = std::chrono::floor<days>(local);
    const year_month_day date{day};
    switch (unit) {
      case 'y':
        return set_local(local_days{date.year() / 1 / 1}, {});
      case 'M':
        return set_local(local_days{date.year() / date.month() / 1}, {});
      case 'w':
        // As ISO 8601 has it, a week begins on Monday.
        return set_local(day - (std::chrono::weekday{day} - std::chrono::Monday), {});
      case 'd':
        return set_local(day, {});
      case 'h':
        return keep_offset(std::chrono::floor<std::chrono::hours>(local));
      case 'm':
        return keep_offset(std::chrono::floor<std::chrono::minutes>(local));
      default:
        return;
    }
  }

 private:
  // Of two moments with this local time, the one in the same part of the year.
  void keep_offset(local_seconds local) {
    whole_ = zone_.to_system(local, zone_.offset_at(whole_));
  }
  bool add_time(seconds time) {
    whole_ += time;
    return is_in_range();
  }
  bool add_days(std::int64_t count) {
    const local_seconds local = zone_.to_local(whole_);
    const local_seconds moved = local + days{count};
    if (!stint::is_in_range(sys_seconds{moved.time_since_epoch()})) return false;
    keep_offset(moved);
    return is_in_range();
  }
  bool add_months(std::int64_t count) {
    const local_seconds local = zone_.to_local(whole_);
    const local_days day = std::chrono::floor<days>(local);
    const year_month_day date{day};
    // In 64 bits: the years of chrono are no more than 16.
    const std::int64_t months =
        std::int64_t{int{date.year()}} * 12 + static_cast<int>(unsigned{date.month()}) - 1 + count;
    if (months < std::int64_t{int{kFirstYear}} * 12) return false;
    if (months >= (std::int64_t{int{kLastYear}} + 1) * 12) return false;
    const std::chrono::year year{static_cast<int>(months / 12)};
    const std::chrono::month month{static_cast<unsigned>(months % 12) + 1};
    const std::chrono::day last = (year / month / std::chrono::last).day();
    keep_offset(local_days{year / month / std::min(date.day(), last)} + (local - day));
    return is_in_range();
  }

  const TimeZone& zone_;
  sys_seconds whole_;
  microseconds part_{0};
};

}  // namespace

bool is_date_math(std::string_view text) {
  if (text.find("||") != std::string_view::npos) return true;
  return find_keyword(word_at_start(text)) != nullptr;
}

ParsedDateMath parse_date_math(std::string_view text) {
  constexpr std::size_t kLongest = 200;
  const auto fail = [&](std::string why) {
    return ParsedDateMath{.problem = fmt::format("\"{}\" is no date expression: {}",
                                                 sanitize_text(text.substr(0, kLongest)), why)};
  };
  if (text.size() > kLongest) return fail(fmt::format("it is longer than {} bytes", kLongest));
  DateMath math;
  std::string_view left = text;
  const std::size_t bars = text.find("||");
  const std::string_view word = word_at_start(text);
  if (bars != std::string_view::npos) {
    const std::string_view anchor = text.substr(0, bars);
    if (!take_written(anchor, math)) {
      return fail(
          fmt::format("\"{}\", before ||, is no date or time such as 2026-11-21 or "
                      "2026-11-21T12:00:00Z",
                      sanitize_text(anchor)));
    }
    left.remove_prefix(bars + 2);
  } else if (const Keyword* const keyword = find_keyword(word)) {
    math.anchor = keyword->anchor;
    math.days = keyword->days;
    left.remove_prefix(word.size());
  } else if (take_written(text, math)) {
    left = {};
  } else {
    return fail(
        fmt::format("it must begin with now, today, yesterday, tomorrow, or a date or time "
                    "and ||{}",
                    did_you_mean(word, {"now", "today", "yesterday", "tomorrow"})));
  }
  while (!left.empty()) {
    if (std::string problem = take_step(left, math); !problem.empty()) return fail(problem);
  }
  return {.expression = std::move(math)};
}

std::optional<DateMoment> evaluate(const DateMath& math, DateMoment now, const TimeZone& zone) {
  Walk walk{now, zone};
  switch (math.anchor) {
    case DateMath::Anchor::kNow:
      break;
    case DateMath::Anchor::kDay:
      walk.set_local(std::chrono::floor<days>(zone.to_local(std::chrono::floor<seconds>(now))) +
                         days{math.days},
                     {});
      break;
    case DateMath::Anchor::kLocal: {
      const auto whole = std::chrono::floor<seconds>(math.written);
      walk.set_local(local_seconds{whole.time_since_epoch()}, math.written - whole);
      break;
    }
    case DateMath::Anchor::kMoment:
      walk.set(math.written);
      break;
  }
  if (!walk.is_in_range()) return std::nullopt;
  for (const DateMath::Step& step : math.steps) {
    if (step.rounds) {
      walk.round(step.unit);
    } else if (!walk.add(step.amount, step.unit)) {
      return std::nullopt;
    }
    if (!walk.is_in_range()) return std::nullopt;
  }
  return walk.moment();
}

std::string local_day(DateMoment moment, const TimeZone& zone) {
  const year_month_day date{
      std::chrono::floor<days>(zone.to_local(std::chrono::floor<seconds>(moment)))};
  return fmt::format("{:04}-{:02}-{:02}", int{date.year()}, unsigned{date.month()},
                     unsigned{date.day()});
}

}  // namespace stint
