#include "config/setting_value.hpp"
#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <utility>
#include <fmt/format.h>
#include "base/duration.hpp"
#include "base/log.hpp"
#include "base/url.hpp"
#include "base/utf8.hpp"

namespace stint {
namespace {

using std::chrono::nanoseconds;

constexpr std::size_t kLongestShown = 60;

bool is_text(const json& value) {
  if (!value.is_string()) return false;
  const auto& text = value.get_ref<const std::string&>();
  return is_valid_utf8(text) && !has_nul(text);
}

std::optional<nanoseconds> duration_from_seconds(double seconds) {
  constexpr double kLimit = 9.2e9;  // just below the 292 years of 64 bits
  if (seconds >= 0 && seconds < kLimit) return nanoseconds{std::llround(seconds * 1e9)};
  return std::nullopt;  // NaN too
}

// The value in the plain form of its type; nothing if it is of another type.
std::optional<json> plain_value(SettingType type, const json& value) {
  switch (type) {
    case SettingType::kBoolean:
      if (value.is_boolean()) return value;
      break;
    case SettingType::kInteger:
      if (value.is_number_unsigned() &&
          value.get<std::uint64_t>() > std::numeric_limits<std::int64_t>::max()) {
        break;
      }
      if (value.is_number_integer()) return value;
      break;
    case SettingType::kNumber:
      if (value.is_number() && std::isfinite(value.get<double>())) return value.get<double>();
      break;
    case SettingType::kString:
      if (is_text(value)) return value;
      break;
    case SettingType::kDuration:
      if (const std::optional<nanoseconds> duration = duration_of(value)) {
        return format_duration(*duration);
      }
      break;
    case SettingType::kList:
      if (value.is_array() && std::ranges::all_of(value, is_text)) return value;
      break;
    case SettingType::kTable:
      if (value.is_object()) return value;
      break;
  }
  return std::nullopt;
}

double as_number(SettingType type, const json& plain) {
  if (type != SettingType::kDuration) return plain.get<double>();
  return std::chrono::duration<double>(duration_of(plain).value_or(nanoseconds{0})).count();
}

bool within_range(const SettingSpec& spec, const json& plain) {
  if (!spec.minimum && !spec.maximum) return true;
  const double number = as_number(spec.type, plain);
  return number >= spec.minimum.value_or(-std::numeric_limits<double>::infinity()) &&
         number <= spec.maximum.value_or(std::numeric_limits<double>::infinity());
}

bool within_choices(const SettingSpec& spec, const json& plain) {
  if (spec.choices.empty()) return true;
  const auto is_choice = [&](const json& element) {
    return std::ranges::any_of(spec.choices, [&](const json& choice) {
      const std::optional<json> form =
          plain_value(spec.type == SettingType::kList ? SettingType::kString : spec.type, choice);
      return form && *form == element;
    });
  };
  if (spec.type == SettingType::kList) return std::ranges::all_of(plain, is_choice);
  return is_choice(plain);
}

std::optional<json> boolean_from_text(std::string_view text) {
  constexpr std::array<std::string_view, 4> kTrue = {"true", "1", "yes", "on"};
  constexpr std::array<std::string_view, 4> kFalse = {"false", "0", "no", "off"};
  if (std::ranges::find(kTrue, text) != kTrue.end()) return true;
  if (std::ranges::find(kFalse, text) != kFalse.end()) return false;
  return std::nullopt;
}

template <typename Number>
std::optional<json> number_from_text(std::string_view text) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::optional<json> list_from_text(std::string_view text) {
  if (text.starts_with('[')) return json_from_text(text);
  json list = json::array();
  while (!text.empty()) {
    const std::size_t comma = text.find(',');
    std::string_view element = text.substr(0, comma);
    text = comma == std::string_view::npos ? std::string_view{} : text.substr(comma + 1);
    const std::size_t first = element.find_first_not_of(' ');
    if (first == std::string_view::npos) return std::nullopt;
    element = element.substr(first, element.find_last_not_of(' ') - first + 1);
    list.push_back(element);
  }
  return list;
}

std::string number_text(const SettingSpec& spec, double number) {
  if (spec.type == SettingType::kDuration) {
    return format_duration(duration_from_seconds(number).value_or(nanoseconds::max()));
  }
  return fmt::format("{}", number);
}

std::string choices_text(const SettingSpec& spec) {
  std::string text;
  for (const json& choice : spec.choices) {
    if (!text.empty()) text += ", ";
    text += choice.is_string() ? choice.get<std::string>() : choice.dump();
  }
  return text;
}

}  // namespace

std::string_view to_string(SettingType type) {
  switch (type) {
    case SettingType::kBoolean:
      return "true or false";
    case SettingType::kInteger:
      return "a whole number";
    case SettingType::kNumber:
      return "a number";
    case SettingType::kString:
      return "a string";
    case SettingType::kDuration:
      return "a duration";
    case SettingType::kList:
      return "a list of strings";
    case SettingType::kTable:
      return "a table";
  }
  return "a value";
}

std::optional<json> json_from_text(std::string_view text) {
  bool too_deep = false;
  const auto watch = [&](int depth, json::parse_event_t, const json&) {
    too_deep = too_deep || depth > kDeepestSetting;
    return !too_deep;
  };
  json value = json::parse(text, watch, false);
  if (value.is_discarded() || too_deep) return std::nullopt;
  return value;
}

std::optional<nanoseconds> duration_of(const json& value) {
  if (value.is_number()) return duration_from_seconds(value.get<double>());
  if (value.is_string()) return parse_duration(value.get_ref<const std::string&>());
  return std::nullopt;
}

std::optional<json> checked_value(const SettingSpec& spec, const json& value) {
  std::optional<json> plain = plain_value(spec.type, value);
  if (!plain || !within_range(spec, *plain) || !within_choices(spec, *plain)) return std::nullopt;
  return plain;
}

std::optional<json> value_from_text(const SettingSpec& spec, std::string_view text) {
  std::optional<json> value;
  switch (spec.type) {
    case SettingType::kBoolean:
      value = boolean_from_text(text);
      break;
    case SettingType::kInteger:
      value = number_from_text<std::int64_t>(text);
      break;
    case SettingType::kNumber:
      value = number_from_text<double>(text);
      break;
    case SettingType::kString:
    case SettingType::kDuration:
      value = text;
      break;
    case SettingType::kList:
      value = list_from_text(text);
      break;
    case SettingType::kTable:
      value = json_from_text(text);
      break;
  }
  return value ? checked_value(spec, *value) : std::nullopt;
}

std::string range_text(const SettingSpec& spec) {
  if (!spec.choices.empty()) return choices_text(spec);
  if (spec.minimum && spec.maximum) {
    return number_text(spec, *spec.minimum) + " to " + number_text(spec, *spec.maximum);
  }
  return {};
}

std::string expectation(const SettingSpec& spec) {
  if (!spec.choices.empty()) {
    return (spec.type == SettingType::kList ? "a list of these: " : "one of ") + choices_text(spec);
  }
  std::string text{to_string(spec.type)};
  if (const std::string range = range_text(spec); !range.empty()) text += " from " + range;
  if (spec.type == SettingType::kDuration) text += ", as " + std::string{kDurationForms};
  return text;
}

std::string shown_value(const json& value, bool secret) {
  if (secret) return "not fit (it is a secret, and not shown)";
  if (value.is_object()) return "a table";
  if (value.is_array()) return "a list";
  if (!value.is_string()) {
    if (value.is_number_float()) return fmt::format("{}", value.get<double>());
    return value.dump();
  }
  std::string text = escape_controls(redacted(value.get_ref<const std::string&>()));
  if (text.size() > kLongestShown) {
    text.resize(kLongestShown);
    text.resize(valid_utf8_length(text));
    text += "...";
  }
  return '"' + text + '"';
}

json redacted_value(const json& value, bool secret) {
  if (secret) return "***";
  if (value.is_string()) return redacted(value.get_ref<const std::string&>());
  json result = value;
  if (value.is_structured()) {
    for (const auto& [key, child] : result.items()) {
      child = redacted_value(child, value.is_object() && names_a_secret(key));
    }
  }
  return result;
}

}  // namespace stint
