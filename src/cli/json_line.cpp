#include "cli/json_line.hpp"
#include <cmath>
#include <fmt/format.h>
#include "base/utf8.hpp"

namespace stint::cli {

std::string json_string(std::string_view text) {
  const std::string valid = is_valid_utf8(text) ? std::string{text} : sanitize_text(text);
  std::string result = "\"";
  for (const char c : valid) {
    switch (c) {
      case '"':
        result += "\\\"";
        break;
      case '\\':
        result += "\\\\";
        break;
      case '\n':
        result += "\\n";
        break;
      case '\r':
        result += "\\r";
        break;
      case '\t':
        result += "\\t";
        break;
      default:
        if (static_cast<unsigned char>(c) < 0x20 || c == '\x7F') {
          result += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
        } else {
          result += c;
        }
    }
  }
  return result + "\"";
}

JsonLine& JsonLine::raw(std::string_view name, std::string_view value, std::string_view otherwise) {
  if (text_.size() > 1) text_ += ',';
  text_ += json_string(name);
  text_ += ':';
  text_ += value.empty() ? otherwise : value;
  return *this;
}

JsonLine& JsonLine::text(std::string_view name, std::string_view value) {
  return raw(name, json_string(value));
}

JsonLine& JsonLine::text_or_null(std::string_view name, std::string_view value) {
  return value.empty() ? raw(name, {}) : text(name, value);
}

JsonLine& JsonLine::number(std::string_view name, std::int64_t value) {
  return raw(name, std::to_string(value));
}

JsonLine& JsonLine::number(std::string_view name, std::optional<double> value) {
  return raw(name, value && std::isfinite(*value) ? fmt::format("{}", *value) : std::string{});
}

JsonLine& JsonLine::boolean(std::string_view name, bool value) {
  return raw(name, value ? "true" : "false");
}

JsonLine& JsonLine::list(std::string_view name, std::span<const std::string> values) {
  std::string text = "[";
  for (const std::string& value : values) {
    if (text.size() > 1) text += ',';
    text += json_string(value);
  }
  return raw(name, text + "]");
}

}  // namespace stint::cli
