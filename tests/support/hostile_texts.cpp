#include "support/hostile_texts.hpp"
#include <algorithm>
#include <array>
#include <iterator>
#include <fmt/format.h>
#include "base/utf8.hpp"

namespace stint::test {

namespace {

using namespace std::string_view_literals;

constexpr auto kShortTexts = std::to_array<std::string_view>({
    "'",
    "''",
    "\"",
    "`",
    "´",
    "‘’“”",
    "\\",
    "\\\\",
    "\\'",
    "\\\"",
    "'; drop table job; --",
    "'; drop table live cascade; --",
    "\"; drop table live; --",
    "x'); delete from live; --",
    "' or '1'='1",
    "' union all select null, version() --",
    "1; select pg_sleep(60)",
    "/* ",
    "*/ drop table live; /*",
    "-- ",
    "#",
    "$$",
    "$$; drop table live; $$",
    "$a$",
    "$1",
    "$99",
    "?1",
    "?",
    ":x",
    ":'x'",
    "@x",
    "%s",
    "%n%n%n%n",
    "%1$s",
    "%%",
    "{}",
    "{0}",
    "}",
    "{",
    "{\"a\",b}",
    "{NULL}",
    "NULL",
    "null",
    "()",
    "[]",
    "[1,2]",
    "{\"message\":\"x\"}",
    "$stint",
    "$stint.bytes",
    "stint:child:1:1",
    "\\u0000",
    "\\ud800",
    "\\ud83d\\ude00",
    "\\x00",
    "\\000",
    "E'\\000'",
    "U&'\\0000'",
    "\0"sv,
    "a\0b"sv,
    "'\0; drop table live; --"sv,
    "end\0"sv,
    "\xFF",
    "\xC3",
    "\xC3(",
    "a\x80z",
    "\xC0\xAF",
    "\xC0\x80",
    "\xE0\x80\xAF",
    "\xED\xA0\x80",
    "\xED\xA0\xBD\xED\xB8\x80",
    "\xF0\x80\x80\xAF",
    "\xF4\x90\x80\x80",
    "\xBF'; drop table live; --",
    "\U0001F600",
    "\U0010FFFF",
    "é",
    "e\u0301",
    "中文",
    "\u202Eevil\u202C",
    "a\u200Bb",
    "\uFEFFbom",
    "\u2028\u2029",
    "\uFFFD",
    "ß",
    "İ",
    "a\r\nb",
    "\n",
    "\t",
    "\x01\x1F",
    "\x7F",
    "\x1B[31mred\x1B[0m",
    "a,b",
    "a=b",
    " ",
    " a ",
    "a.b",
    "../../etc/passwd",
    "<script>alert(1)</script>",
    "${jndi:x}",
    "$(id)",
    "`id`",
});

std::vector<std::string> all_texts() {
  std::vector<std::string> texts{kShortTexts.begin(), kShortTexts.end()};
  texts.emplace_back(std::size_t{1} << 20U, '\'');
  texts.push_back(std::string(std::size_t{1} << 16U, '\\') + '"');
  return texts;
}

}  // namespace

const std::vector<std::string>& hostile_texts() {
  static const std::vector<std::string> kTexts = all_texts();
  return kTexts;
}

std::vector<std::string> hostile_utf8() {
  std::vector<std::string> texts;
  std::ranges::copy_if(hostile_texts(), std::back_inserter(texts), [](const std::string& text) {
    return is_valid_utf8(text) && !has_nul(text);
  });
  return texts;
}

std::string raw_json_string(std::string_view text) {
  std::string result = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      result += '\\';
      result += c;
    } else if (c > 0 && c < 0x20) {
      result += fmt::format("\\u{:04x}", static_cast<int>(c));
    } else {
      result += c;
    }
  }
  return result + '"';
}

std::string shown_text(std::string_view text) {
  std::string shown;
  for (const char c : text.substr(0, 40)) {
    const auto byte = static_cast<unsigned char>(c);
    shown += byte >= 0x20 && byte < 0x7F ? std::string{c} : fmt::format("\\x{:02X}", byte);
  }
  return fmt::format("{} bytes: {}", text.size(), shown);
}

}  // namespace stint::test
