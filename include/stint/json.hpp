/// The JSON type of the whole API, bytes beside it, and how chrono types travel as JSON.
#pragma once
#include <chrono>
#include <concepts>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <nlohmann/json.hpp>

// The library compiles this type once; a program that includes the header does not.
extern template class nlohmann::basic_json<>;

namespace stint {

/// Hold any JSON value. Arguments, outputs and metadata are of this type. Integers are exact from
/// -2^63 to 2^63 - 1 and refused beyond, as are NaN and infinity.
using json = nlohmann::json;

/// Hold raw bytes: an argument or output that is no text. Stored apart from the JSON around it, up
/// to the setting `limits.max_bytes` (64 MiB by default); text within JSON is limited by
/// `limits.max_json` (1 MiB). Copies copy the bytes.
class Bytes {
 public:
  Bytes() = default;
  explicit Bytes(std::string data) : data_(std::move(data)) {}

  std::string_view view() const { return data_; }
  std::size_t size() const { return data_.size(); }
  bool empty() const { return data_.empty(); }

  friend bool operator==(const Bytes&, const Bytes&) = default;

 private:
  std::string data_;
};

/// Convert to a JSON binary value, which the store keeps out of line.
void to_json(json& to, const Bytes& from);
/// Convert from a JSON binary value, or from a string whose bytes are taken as they are.
void from_json(const json& from, Bytes& to);

namespace detail {
std::string format_time(std::chrono::system_clock::time_point time);
std::chrono::system_clock::time_point parse_time(const json& from);
std::string format_duration(std::chrono::nanoseconds duration);
std::chrono::nanoseconds parse_duration(const json& from);
std::string format_day(std::chrono::sys_days day);
std::chrono::sys_days parse_day(const json& from);
std::string format_time_of_day(std::chrono::nanoseconds since_midnight);
std::chrono::nanoseconds parse_time_of_day(const json& from);
}  // namespace detail
}  // namespace stint

/// A point in time is RFC 3339 text in UTC with microseconds at most: "2026-11-21T12:00:00Z".
template <typename Duration>
struct nlohmann::adl_serializer<std::chrono::time_point<std::chrono::system_clock, Duration>> {
  using Time = std::chrono::time_point<std::chrono::system_clock, Duration>;
  static void to_json(stint::json& to, const Time& from) {
    to = stint::detail::format_time(
        std::chrono::time_point_cast<std::chrono::system_clock::duration>(from));
  }
  static void from_json(const stint::json& from, Time& to) {
    to = std::chrono::time_point_cast<Duration>(stint::detail::parse_time(from));
  }
};

/// A duration is text such as "90s", "5m", "1h30m"; a plain number is taken as seconds.
template <typename Rep, typename Period>
struct nlohmann::adl_serializer<std::chrono::duration<Rep, Period>> {
  using Duration = std::chrono::duration<Rep, Period>;
  static void to_json(stint::json& to, const Duration& from) {
    to = stint::detail::format_duration(std::chrono::duration_cast<std::chrono::nanoseconds>(from));
  }
  static void from_json(const stint::json& from, Duration& to) {
    to = std::chrono::duration_cast<Duration>(stint::detail::parse_duration(from));
  }
};

#if NLOHMANN_JSON_VERSION_MAJOR == 3 && NLOHMANN_JSON_VERSION_MINOR < 12
/// An empty optional is null. (Later versions of nlohmann::json have this themselves.)
template <typename T>
  requires(!std::same_as<T, stint::json>)
struct nlohmann::adl_serializer<std::optional<T>> {
  static void to_json(stint::json& to, const std::optional<T>& from) {
    if (from) {
      to = *from;
    } else {
      to = nullptr;
    }
  }
  static void from_json(const stint::json& from, std::optional<T>& to) {
    if (from.is_null()) {
      to.reset();
    } else {
      to = from.get<T>();
    }
  }
};
#endif

/// A calendar day is "2026-11-21".
template <>
struct nlohmann::adl_serializer<std::chrono::year_month_day> {
  static void to_json(stint::json& to, const std::chrono::year_month_day& from) {
    to = stint::detail::format_day(std::chrono::sys_days{from});
  }
  static void from_json(const stint::json& from, std::chrono::year_month_day& to) {
    to = std::chrono::year_month_day{stint::detail::parse_day(from)};
  }
};

/// A time of day is "07:30", "07:30:15" or "07:30:15.25".
template <typename Duration>
struct nlohmann::adl_serializer<std::chrono::hh_mm_ss<Duration>> {
  using Time = std::chrono::hh_mm_ss<Duration>;
  static void to_json(stint::json& to, const Time& from) {
    to = stint::detail::format_time_of_day(
        std::chrono::duration_cast<std::chrono::nanoseconds>(from.to_duration()));
  }
  static void from_json(const stint::json& from, Time& to) {
    to = Time{std::chrono::duration_cast<Duration>(stint::detail::parse_time_of_day(from))};
  }
};
