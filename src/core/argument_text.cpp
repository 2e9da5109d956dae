#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <optional>
#include <system_error>
#include <fmt/format.h>
#include "base/utf8.hpp"
#include "core/arguments.hpp"
#include "stint/error.hpp"

namespace stint {
namespace {

template <typename Number>
std::optional<json> number_from(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  Number value{};
  const char* const end = text.data() + text.size();
  const auto result = std::from_chars(text.data(), end, value);
  if (result.ec != std::errc{} || result.ptr != end) return std::nullopt;
  if constexpr (std::is_floating_point_v<Number>) {
    if (!std::isfinite(value)) return std::nullopt;
  }
  return json(value);
}

std::optional<json> boolean_from(std::string_view text) {
  for (const std::string_view yes : {"true", "yes", "on", "1"}) {
    if (text == yes) return json(true);
  }
  for (const std::string_view no : {"false", "no", "off", "0"}) {
    if (text == no) return json(false);
  }
  return std::nullopt;
}

// Any JSON is taken: a text that is how one of the choices is written means that choice.
std::optional<json> choice_from(const ArgumentSpec& spec, std::string_view text) {
  for (const json& choice : spec.choices) {
    if (!choice.is_string() && choice.dump() == text) return choice;
  }
  return std::nullopt;
}

std::optional<json> integer_from(std::string_view text) {
  std::optional<json> value = number_from<std::int64_t>(text);
  if (value) return value;
  // 4e2 and 400.0 are whole, too; the check of the value decides.
  value = number_from<double>(text);
  if (value && std::trunc(value->get<double>()) == value->get<double>()) return value;
  return std::nullopt;
}

std::optional<json> number_text(std::string_view text) {
  std::optional<json> value = number_from<std::int64_t>(text);
  return value ? value : number_from<double>(text);
}

// A number is a number of seconds, kept as a number; anything else is text.
std::optional<json> duration_from(std::string_view text) {
  const std::optional<json> value = number_text(text);
  return value ? value : json(std::string{text});
}

}  // namespace

json argument_from_text(const ArgumentSpec& spec, std::string_view text) {
  const ArgumentType type = spec.type == ArgumentType::kArray ? spec.element : spec.type;
  if (type == ArgumentType::kBytes) return Bytes{std::string{text}};
  const auto fail = [&](std::string_view must) {
    throw Error{ErrorCode::kInvalid, fmt::format("argument \"{}\": must be {}, not \"{}\"",
                                                 spec.name, must, sanitize_text(text))};
  };
  if (!is_valid_utf8(text) || has_nul(text)) fail("UTF-8 without NUL");
  std::optional<json> value;
  switch (type) {
    case ArgumentType::kBoolean:
      value = boolean_from(text);
      if (!value) fail("true or false");
      break;
    case ArgumentType::kInteger:
      value = integer_from(text);
      if (!value) fail("an integer from -2^63 to 2^63 - 1");
      break;
    case ArgumentType::kNumber:
      value = number_text(text);
      if (!value) fail("a number");
      break;
    case ArgumentType::kDuration:
      value = duration_from(text);
      break;
    case ArgumentType::kObject:
    case ArgumentType::kArray:
      return parse_json(text, fmt::format("argument \"{}\"", spec.name));
    case ArgumentType::kAny:
      value = choice_from(spec, text);
      break;
    default:
      break;
  }
  return value ? *value : json(std::string{text});
}

}  // namespace stint
