#include "base/utf8.hpp"
#include <algorithm>
#include <charconv>
#include <cstdint>
#include <cstring>

namespace stint {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

struct Sequence {
  std::size_t length;  // bytes that belong together, at least 1
  bool valid;
};

std::uint8_t byte_at(std::string_view text, std::size_t position) {
  return static_cast<std::uint8_t>(text[position]);
}

// The bytes that may follow each first byte are table 3-7 of the Unicode standard.
Sequence read_sequence(std::string_view text, std::size_t start) {
  const std::uint8_t first = byte_at(text, start);
  if (first < 0x80) return {1, true};
  std::size_t length = 0;
  std::uint8_t low = 0x80;
  std::uint8_t high = 0xBF;
  if (first >= 0xC2 && first <= 0xDF) {
    length = 2;
  } else if (first >= 0xE0 && first <= 0xEF) {
    length = 3;
    if (first == 0xE0) low = 0xA0;   // below: an overlong form
    if (first == 0xED) high = 0x9F;  // above: a surrogate
  } else if (first >= 0xF0 && first <= 0xF4) {
    length = 4;
    if (first == 0xF0) low = 0x90;   // below: an overlong form
    if (first == 0xF4) high = 0x8F;  // above: beyond U+10FFFF
  } else {
    return {1, false};
  }
  for (std::size_t i = 1; i < length; ++i) {
    if (start + i >= text.size()) return {i, false};
    const std::uint8_t next = byte_at(text, start + i);
    if (next < low || next > high) return {i, false};
    low = 0x80;
    high = 0xBF;
  }
  return {length, true};
}

// Skip plain ASCII eight bytes at a time: nearly all text is.
std::size_t skip_ascii(std::string_view text, std::size_t position) {
  while (position + sizeof(std::uint64_t) <= text.size()) {
    std::uint64_t word = 0;
    std::memcpy(&word, text.data() + position, sizeof word);
    if ((word & 0x8080808080808080U) != 0) break;
    position += sizeof word;
  }
  return position;
}

constexpr std::size_t kEscapeLength = 6;

// The code unit of an escape such as `\u00e4` at this place; -1 if there is none.
int escaped_unit(std::string_view json, std::size_t position) {
  if (json.substr(position, 2) != "\\u" || json.size() - position < kEscapeLength) return -1;
  const std::string_view digits = json.substr(position + 2, 4);
  std::uint16_t unit = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), unit, 16);
  return error == std::errc{} && end == digits.data() + digits.size() ? unit : -1;
}

bool is_high_surrogate(int unit) { return unit >= 0xD800 && unit <= 0xDBFF; }
bool is_low_surrogate(int unit) { return unit >= 0xDC00 && unit <= 0xDFFF; }

}  // namespace

std::size_t valid_utf8_length(std::string_view text) {
  std::size_t position = 0;
  while ((position = skip_ascii(text, position)) < text.size()) {
    const Sequence sequence = read_sequence(text, position);
    if (!sequence.valid) return position;
    position += sequence.length;
  }
  return position;
}

std::string sanitize_text(std::string_view text) {
  if (is_valid_utf8(text) && !has_nul(text)) return std::string{text};
  std::string clean;
  clean.reserve(text.size() + kReplacement.size());
  for (std::size_t position = 0; position < text.size();) {
    const Sequence sequence = read_sequence(text, position);
    if (sequence.valid && text[position] != '\0') {
      clean += text.substr(position, sequence.length);
    } else {
      clean += kReplacement;
    }
    position += sequence.length;
  }
  return clean;
}

std::string sanitize_json(std::string_view json) {
  std::string clean = sanitize_text(json);
  for (std::size_t at = clean.find('\\'); at != std::string::npos; at = clean.find('\\', at)) {
    const int unit = escaped_unit(clean, at);
    if (is_high_surrogate(unit) && is_low_surrogate(escaped_unit(clean, at + kEscapeLength))) {
      at += 2 * kEscapeLength;
      continue;
    }
    if (unit == 0 || is_high_surrogate(unit) || is_low_surrogate(unit)) {
      clean.replace(at, kEscapeLength, "\\ufffd");
    }
    at += 2;  // the escape, or its beginning
  }
  return clean;
}

}  // namespace stint
