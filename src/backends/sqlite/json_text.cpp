#include "backends/sqlite/json_text.hpp"
#include <fmt/format.h>
#include "base/utf8.hpp"

namespace stint::sqlite {
namespace {

void append_string(std::string& to, std::string_view text) {
  to += '"';
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      to += '\\';
      to += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      to += fmt::format("\\u{:04x}", static_cast<unsigned char>(c));
    } else {
      to += c;
    }
  }
  to += '"';
}

}  // namespace

std::string json_array_of(std::span<const std::string> texts) {
  std::string result = "[";
  for (const std::string& text : texts) {
    if (result.size() > 1) result += ',';
    append_string(result, text);
  }
  return result + ']';
}

std::string json_error(std::string_view type, std::string_view message) {
  std::string result = R"({"type":)";
  append_string(result, sanitize_text(type));
  result += R"(,"message":)";
  append_string(result, sanitize_text(message));
  return result + R"(,"causes":[]})";
}

}  // namespace stint::sqlite
