#include "stint/json.hpp"
#include <cmath>
#include <cstdint>
#include "base/duration.hpp"
#include "base/time_format.hpp"
#include "stint/error.hpp"

// The one place where the type is compiled: see the `extern template` of the header.
template class nlohmann::basic_json<>;

namespace stint {

void to_json(json& to, const Bytes& from) {
  const std::string_view data = from.view();
  to = json::binary(json::binary_t::container_type{data.begin(), data.end()});
}

void from_json(const json& from, Bytes& to) {
  if (from.is_binary()) {
    const auto& data = from.get_binary();
    to = Bytes{std::string{data.begin(), data.end()}};
  } else if (from.is_string()) {
    to = Bytes{from.get_ref<const std::string&>()};
  } else {
    throw Error{ErrorCode::kInvalid,
                std::string{"bytes are JSON binary values or strings, not "} + from.type_name()};
  }
}

namespace detail {
namespace {

// 292 years: what nanoseconds in 64 bits hold.
constexpr double kMostSeconds = 9.2e9;

[[noreturn]] void throw_invalid(const json& from, std::string_view kind, std::string_view forms) {
  constexpr auto kReplace = json::error_handler_t::replace;
  throw Error{ErrorCode::kInvalid, from.dump(-1, ' ', false, kReplace) + " is no " +
                                       std::string{kind} + ": write " + std::string{forms}};
}

}  // namespace

std::string format_time(std::chrono::system_clock::time_point time) {
  return stint::format_time(time, TimeDigits::kShortest);
}

std::chrono::system_clock::time_point parse_time(const json& from) {
  if (from.is_string()) {
    if (const auto time = stint::parse_time(from.get_ref<const std::string&>())) return *time;
  }
  throw_invalid(from, "time", "2026-11-21T12:00:00Z, 2026-11-21 12:00 (UTC) or 2026-11-21");
}

std::string format_duration(std::chrono::nanoseconds duration) {
  return stint::format_duration(duration);
}

std::chrono::nanoseconds parse_duration(const json& from) {
  if (from.is_string()) {
    std::string_view text = from.get_ref<const std::string&>();
    const bool negative = text.starts_with('-');
    if (negative) text.remove_prefix(1);
    if (const auto duration = stint::parse_duration(text)) return negative ? -*duration : *duration;
  } else if (from.is_number()) {
    const double seconds = from.get<double>();
    if (std::abs(seconds) < kMostSeconds) {
      if (from.is_number_integer()) return std::chrono::seconds{from.get<std::int64_t>()};
      return std::chrono::nanoseconds{std::llround(seconds * 1e9)};
    }
  }
  throw_invalid(from, "duration", kDurationForms);
}

std::string format_day(std::chrono::sys_days day) {
  return stint::format_time(day, TimeDigits::kShortest).substr(0, 10);
}

std::chrono::sys_days parse_day(const json& from) {
  constexpr std::size_t kDayLength = 10;
  if (from.is_string()) {
    const std::string& text = from.get_ref<const std::string&>();
    const auto time = text.size() == kDayLength ? stint::parse_time(text) : std::nullopt;
    if (time) return std::chrono::floor<std::chrono::days>(*time);
  }
  throw_invalid(from, "day", "it as 2026-11-21");
}

std::string format_time_of_day(std::chrono::nanoseconds since_midnight) {
  // The days before midnight do not show: a time of day has none.
  const std::string text = stint::format_time(
      std::chrono::sys_days{} +
          std::chrono::floor<std::chrono::microseconds>(since_midnight % std::chrono::days{1}),
      TimeDigits::kShortest);
  constexpr std::size_t kDay = 11;  // "1970-01-01T"
  return text.substr(kDay, text.size() - kDay - 1);
}

std::chrono::nanoseconds parse_time_of_day(const json& from) {
  if (from.is_string()) {
    if (const auto time = stint::parse_time_of_day(from.get_ref<const std::string&>())) {
      return *time;
    }
  }
  throw_invalid(from, "time of day", "it as 07:30 or 07:30:15");
}

}  // namespace detail
}  // namespace stint
