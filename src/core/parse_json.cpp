#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <system_error>
#include <utility>
#include <fmt/format.h>
#include "base/characters.hpp"
#include "base/utf8.hpp"
#include "core/arguments.hpp"
#include "stint/error.hpp"

namespace stint {
namespace {

constexpr int kDeepest = 64;

// A parser of our own, because what is refused here (repeated keys, numbers out of range, NUL) is
// taken silently by the library's, and because its errors cannot say where.
class Reader final {
 public:
  Reader(std::string_view text, std::string_view what) : text_(text), what_(what) {}

  json read_document() {
    if (text_.empty()) fail("it is empty");
    json value = read_value(0);
    skip_blanks();
    if (at_ < text_.size()) fail("something follows the end of the value");
    return value;
  }

  [[noreturn]] void fail_at(std::size_t position, std::string_view cause) const {
    std::size_t line = 1;
    std::size_t column = 1;
    for (const char c : text_.substr(0, position)) {
      const bool continues = (static_cast<unsigned char>(c) & 0xC0U) == 0x80U;
      if (c == '\n') {
        ++line;
        column = 1;
      } else if (!continues) {
        ++column;
      }
    }
    throw Error{ErrorCode::kInvalid, fmt::format("{} is no valid JSON: line {}, column {}: {}",
                                                 what_, line, column, cause)};
  }

 private:
  [[noreturn]] void fail(std::string_view cause) const { fail_at(at_, cause); }

  char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }

  void skip_blanks() {
    while (at_ < text_.size() &&
           (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\n' || text_[at_] == '\r')) {
      ++at_;
    }
  }

  bool skip(char c) {
    if (peek() != c) return false;
    ++at_;
    return true;
  }

  json read_value(int depth) {
    skip_blanks();
    if (at_ == text_.size()) fail("it ends where a value should be");
    switch (text_[at_]) {
      case '{':
        return read_object(depth + 1);
      case '[':
        return read_array(depth + 1);
      case '"':
        return read_string();
      case 't':
        return read_word("true", true);
      case 'f':
        return read_word("false", false);
      case 'n':
        return read_word("null", nullptr);
      default:
        if (peek() == '-' || is_digit(peek())) return read_number();
        fail("a value must be an object, a list, a \"string\", a number, true, false or null");
    }
  }

  template <typename Value>
  json read_word(std::string_view word, Value value) {
    if (text_.substr(at_, word.size()) != word) fail("an unknown word; strings need quotes");
    at_ += word.size();
    return value;
  }

  void check_depth(int depth) const {
    if (depth > kDeepest) fail(fmt::format("values are nested deeper than {}", kDeepest));
  }

  json read_object(int depth) {
    check_depth(depth);
    ++at_;
    json object = json::object();
    skip_blanks();
    if (skip('}')) return object;
    while (true) {
      skip_blanks();
      if (peek() != '"') fail("a key in quotes must stand here");
      const std::size_t begin = at_;
      std::string key = read_string();
      skip_blanks();
      if (!skip(':')) fail("a colon must follow the key");
      json value = read_value(depth);
      if (object.contains(key)) fail_at(begin, fmt::format("the key \"{}\" stands twice", key));
      object[std::move(key)] = std::move(value);
      skip_blanks();
      if (skip('}')) return object;
      if (!skip(',')) fail("a comma or a closing brace must stand here");
    }
  }

  json read_array(int depth) {
    check_depth(depth);
    ++at_;
    json array = json::array();
    skip_blanks();
    if (skip(']')) return array;
    while (true) {
      array.push_back(read_value(depth));
      skip_blanks();
      if (skip(']')) return array;
      if (!skip(',')) fail("a comma or a closing bracket must stand here");
    }
  }

  std::string read_string() {
    const std::size_t begin = at_++;
    std::string result;
    while (true) {
      if (at_ == text_.size()) fail_at(begin, "the string has no closing quote");
      const char c = text_[at_];
      if (c == '"') {
        ++at_;
        return result;
      }
      if (static_cast<unsigned char>(c) < 0x20) {
        fail("a control character in a string must be escaped, as in \\n");
      }
      if (c == '\\') {
        read_escape(result);
      } else {
        result += c;
        ++at_;
      }
    }
  }

  void read_escape(std::string& result) {
    constexpr std::string_view kLetters = "\"\\/bfnrt";
    constexpr std::string_view kMeanings = "\"\\/\b\f\n\r\t";
    const std::size_t begin = at_++;
    const char letter = peek();
    if (letter == 'u') {
      ++at_;
      append_utf8(result, read_code_point(begin));
      return;
    }
    const std::size_t found = kLetters.find(letter);
    if (letter == '\0' || found == std::string_view::npos) fail_at(begin, "an unknown escape");
    result += kMeanings[found];
    ++at_;
  }

  std::uint32_t read_code_point(std::size_t begin) {
    const std::uint32_t first = read_hex(begin);
    if (first == 0) fail_at(begin, "NUL (\\u0000) cannot be stored");
    if (first < 0xD800 || first > 0xDFFF) return first;
    if (first > 0xDBFF || !skip('\\') || !skip('u')) fail_at(begin, "half a surrogate pair");
    const std::uint32_t second = read_hex(begin);
    if (second < 0xDC00 || second > 0xDFFF) fail_at(begin, "half a surrogate pair");
    return 0x10000 + ((first - 0xD800) << 10U) + (second - 0xDC00);
  }

  std::uint32_t read_hex(std::size_t begin) {
    constexpr std::size_t kDigits = 4;
    const std::string_view digits = text_.substr(at_, kDigits);
    std::uint32_t value = 0;
    const auto [end, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
    if (error != std::errc{} || end != digits.data() + kDigits) {
      fail_at(begin, "four hexadecimal digits must follow \\u");
    }
    at_ += kDigits;
    return value;
  }

  static void append_utf8(std::string& to, std::uint32_t point) {
    const auto put = [&to](std::uint32_t byte) { to += static_cast<char>(byte); };
    if (point < 0x80) {
      put(point);
    } else if (point < 0x800) {
      put(0xC0U | (point >> 6U));
      put(0x80U | (point & 0x3FU));
    } else if (point < 0x10000) {
      put(0xE0U | (point >> 12U));
      put(0x80U | ((point >> 6U) & 0x3FU));
      put(0x80U | (point & 0x3FU));
    } else {
      put(0xF0U | (point >> 18U));
      put(0x80U | ((point >> 12U) & 0x3FU));
      put(0x80U | ((point >> 6U) & 0x3FU));
      put(0x80U | (point & 0x3FU));
    }
  }

  void skip_digits(std::size_t begin) {
    if (!is_digit(peek())) fail_at(begin, "a digit is missing in the number");
    while (is_digit(peek())) ++at_;
  }

  json read_number() {
    const std::size_t begin = at_;
    bool whole = true;
    skip('-');
    if (peek() == '0') {
      ++at_;
      if (is_digit(peek())) fail_at(begin, "a number cannot begin with 0");
    } else {
      skip_digits(begin);
    }
    if (skip('.')) {
      whole = false;
      skip_digits(begin);
    }
    if (peek() == 'e' || peek() == 'E') {
      whole = false;
      ++at_;
      if (!skip('+')) skip('-');
      skip_digits(begin);
    }
    const std::string_view text = text_.substr(begin, at_ - begin);
    return whole ? read_integer(text, begin) : read_float(text, begin);
  }

  json read_integer(std::string_view text, std::size_t begin) const {
    std::int64_t value = 0;
    if (std::from_chars(text.data(), text.data() + text.size(), value).ec != std::errc{}) {
      fail_at(begin, "the integer is out of range: -2^63 to 2^63 - 1");
    }
    return value;
  }

  json read_float(std::string_view text, std::size_t begin) const {
    double value = 0;
    const char* const end = text.data() + text.size();
    if (std::from_chars(text.data(), end, value).ec == std::errc{}) return value;
    // Too large or too small for a double? The latter is as good as 0.
    long double wide = 0;
    const bool fits = std::from_chars(text.data(), end, wide).ec == std::errc{};
    if (!fits || std::abs(wide) > 1) fail_at(begin, "the number is out of range of a double");
    return static_cast<double>(wide);
  }

  std::string_view text_;
  std::string_view what_;
  std::size_t at_ = 0;
};

}  // namespace

json parse_json(std::string_view text, std::string_view what) {
  Reader reader{text, what};
  const std::size_t valid = valid_utf8_length(text);
  if (valid < text.size()) {
    reader.fail_at(valid, fmt::format("byte {} (0x{:02x}) is no UTF-8", valid,
                                      static_cast<unsigned char>(text[valid])));
  }
  return reader.read_document();
}

}  // namespace stint
