#include "base/duration.hpp"
#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include "base/characters.hpp"

namespace stint {
namespace {

struct Unit {
  std::string_view name;
  std::int64_t nanoseconds;
};

constexpr std::int64_t kSecond = 1'000'000'000;
constexpr std::array kUnits = {
    Unit{"w", 604'800 * kSecond},
    Unit{"d", 86'400 * kSecond},
    Unit{"h", 3'600 * kSecond},
    Unit{"m", 60 * kSecond},
    Unit{"s", kSecond},
    Unit{"ms", 1'000'000},
    Unit{"us", 1'000},
    Unit{"ns", 1},
};
constexpr std::array kIsoDateUnits = {Unit{"W", 604'800 * kSecond}, Unit{"D", 86'400 * kSecond}};
constexpr std::array kIsoTimeUnits = {Unit{"H", 3'600 * kSecond}, Unit{"M", 60 * kSecond},
                                      Unit{"S", kSecond}};

// Read numbers from a text, one after the other, and add them up in nanoseconds. The first thing
// that does not fit makes the whole sum invalid.
class Summer final {
 public:
  explicit Summer(std::string_view text) : left_(text) {}

  bool valid() const { return valid_; }
  bool at_end() const { return left_.empty(); }
  std::chrono::nanoseconds sum() const { return std::chrono::nanoseconds{sum_}; }

  bool skip(char c) {
    if (!left_.starts_with(c)) return false;
    left_.remove_prefix(1);
    return true;
  }

  /// Add a number without a unit.
  void add_number(std::int64_t unit_nanoseconds) {
    read_number();
    add(unit_nanoseconds);
  }

  /// Add numbers with units as long as a number follows, each unit smaller than the one before.
  template <std::size_t N>
  void add_units(const std::array<Unit, N>& units) {
    std::size_t next_unit = 0;
    while (valid_ && !left_.empty() && (is_digit(left_[0]) || left_[0] == '.')) {
      read_number();
      const std::string_view name = left_.substr(0, letters());
      while (next_unit < N && units[next_unit].name != name) ++next_unit;
      if (next_unit == N) {
        valid_ = false;
        return;
      }
      left_.remove_prefix(name.size());
      add(units[next_unit++].nanoseconds);
    }
  }

 private:
  // How many letters follow: as far as a unit's name can go. "T" ends ISO's part of the date.
  std::size_t letters() const {
    std::size_t count = 0;
    while (count < left_.size() && !is_digit(left_[count]) && left_[count] != '.' &&
           left_[count] != 'T') {
      ++count;
    }
    return count;
  }

  void read_number() {
    whole_ = left_.substr(0, digits());
    left_.remove_prefix(whole_.size());
    fraction_ = {};
    if (skip('.')) {
      fraction_ = left_.substr(0, digits());
      left_.remove_prefix(fraction_.size());
      if (fraction_.empty()) valid_ = false;
    }
    if (whole_.empty()) valid_ = false;
  }

  std::size_t digits() const {
    std::size_t count = 0;
    while (count < left_.size() && is_digit(left_[count])) ++count;
    return count;
  }

  void add(std::int64_t unit) {
    std::int64_t amount = 0;
    for (const char digit : whole_) {
      if (__builtin_mul_overflow(amount, 10, &amount) ||
          __builtin_add_overflow(amount, digit - '0', &amount)) {
        valid_ = false;
        return;
      }
    }
    if (__builtin_mul_overflow(amount, unit, &amount)) valid_ = false;
    // Each digit behind the point is worth a tenth of the one before; a week has 15 digits.
    std::int64_t worth = unit;
    std::int64_t rest = 0;
    for (const char digit : fraction_) {
      rest += (digit - '0') * (worth / 10) + (digit - '0') * (worth % 10) / 10;
      worth /= 10;
    }
    if (__builtin_add_overflow(amount, rest, &amount)) valid_ = false;
    if (__builtin_add_overflow(sum_, amount, &sum_)) valid_ = false;
  }

  std::string_view left_;
  std::string_view whole_;
  std::string_view fraction_;
  std::int64_t sum_ = 0;
  bool valid_ = true;
};

std::optional<std::chrono::nanoseconds> parse_iso(std::string_view text) {
  Summer summer{text};
  summer.add_units(kIsoDateUnits);
  bool has_parts = text[0] != 'T';
  if (summer.skip('T')) {
    has_parts = !summer.at_end();
    summer.add_units(kIsoTimeUnits);
  }
  if (!has_parts || !summer.valid() || !summer.at_end()) return std::nullopt;
  return summer.sum();
}

// 1.5 from 1'500 thousandths: without a trailing zero or point.
std::string decimal(std::int64_t amount, std::int64_t unit) {
  std::string text = std::to_string(amount / unit);
  std::int64_t rest = amount % unit;
  if (rest == 0) return text;
  text += '.';
  for (std::int64_t worth = unit / 10; rest > 0; worth /= 10) {
    text += static_cast<char>('0' + rest / worth);
    rest %= worth;
  }
  return text;
}

}  // namespace

std::optional<std::chrono::nanoseconds> parse_duration(std::string_view text) {
  if (text.empty()) return std::nullopt;
  if (text[0] == 'P') return text.size() > 1 ? parse_iso(text.substr(1)) : std::nullopt;
  if (text.find_first_not_of("0123456789.") == std::string_view::npos) {
    Summer seconds{text};
    seconds.add_number(kSecond);
    if (!seconds.valid() || !seconds.at_end()) return std::nullopt;
    return seconds.sum();
  }
  Summer summer{text};
  summer.add_units(kUnits);
  if (!summer.valid() || !summer.at_end()) return std::nullopt;
  return summer.sum();
}

std::string format_duration(std::chrono::nanoseconds duration) {
  std::int64_t left = duration.count();
  if (left == 0) return "0s";
  if (left == std::numeric_limits<std::int64_t>::min()) ++left;  // has no positive counterpart
  std::string text;
  if (left < 0) {
    text = '-';
    left = -left;
  }
  if (left < kSecond) {
    for (const Unit& unit : {Unit{"ms", 1'000'000}, Unit{"us", 1'000}, Unit{"ns", 1}}) {
      if (left >= unit.nanoseconds) {
        return text + decimal(left, unit.nanoseconds) + std::string{unit.name};
      }
    }
  }
  for (const Unit& unit :
       {Unit{"d", 86'400 * kSecond}, Unit{"h", 3'600 * kSecond}, Unit{"m", 60 * kSecond}}) {
    if (left < unit.nanoseconds) continue;
    text += std::to_string(left / unit.nanoseconds) + std::string{unit.name};
    left %= unit.nanoseconds;
  }
  if (left > 0) text += decimal(left, kSecond) + "s";
  return text;
}

}  // namespace stint
