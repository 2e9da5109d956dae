#include "cli/terminal.hpp"
#include <sys/ioctl.h>
#include <unistd.h>
#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <fmt/format.h>
#include "base/utf8.hpp"

namespace stint::cli {
namespace {

std::string_view environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string_view{} : std::string_view{value};
}

std::size_t terminal_width() {
  std::size_t columns = 0;
  const std::string_view stated = environment("COLUMNS");
  std::from_chars(stated.data(), stated.data() + stated.size(), columns);
  if (columns > 0) return columns;
  winsize size{};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
  return 80;
}

std::string_view code_of(Color color) {
  switch (color) {
    case Color::kNone:
      return "";
    case Color::kBold:
      return "\x1b[1m";
    case Color::kDim:
      return "\x1b[2m";
    case Color::kRed:
      return "\x1b[31m";
    case Color::kGreen:
      return "\x1b[32m";
    case Color::kYellow:
      return "\x1b[33m";
    case Color::kBlue:
      return "\x1b[34m";
    case Color::kCyan:
      return "\x1b[36m";
  }
  return "";
}

/// How many bytes a code point with this first byte has.
std::size_t sequence_length(unsigned first) {
  if (first < 0x80) return 1;
  if (first < 0xE0) return 2;
  return first < 0xF0 ? 3 : 4;
}

/// Decode the code point at `at` of well-formed UTF-8 and step over it.
char32_t next_code_point(std::string_view text, std::size_t& at) {
  const auto byte = [&](std::size_t i) {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U;
  };
  const unsigned first = byte(at);
  const std::size_t length = sequence_length(first);
  char32_t point = length == 1 ? first : first & (0xFFU >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) point = (point << 6U) | (byte(at + i) & 0x3FU);
  at += length;
  return point;
}

struct Range {
  char32_t first;
  char32_t last;
};

// The blocks that matter for names and messages; a rare character that is missed shifts one line.
constexpr Range kNoWidth[] = {{0x0300, 0x036F}, {0x0483, 0x0489}, {0x0591, 0x05BD},
                              {0x064B, 0x065F}, {0x200B, 0x200F}, {0x202A, 0x202E},
                              {0x2060, 0x2064}, {0x20D0, 0x20F0}, {0xFE00, 0xFE0F},
                              {0xFE20, 0xFE2F}, {0xFEFF, 0xFEFF}, {0xE0100, 0xE01EF}};
constexpr Range kWide[] = {
    {0x1100, 0x115F}, {0x2E80, 0x303E},   {0x3041, 0x33FF},   {0x3400, 0x4DBF},  {0x4E00, 0x9FFF},
    {0xA000, 0xA4CF}, {0xAC00, 0xD7A3},   {0xF900, 0xFAFF},   {0xFE30, 0xFE4F},  {0xFF00, 0xFF60},
    {0xFFE0, 0xFFE6}, {0x1F300, 0x1F64F}, {0x1F900, 0x1F9FF}, {0x20000, 0x3FFFD}};

template <std::size_t N>
bool is_in(char32_t point, const Range (&ranges)[N]) {
  return std::ranges::any_of(
      ranges, [point](const Range& range) { return point >= range.first && point <= range.last; });
}

std::size_t width_of(char32_t point) {
  if (point < 0x300) return 1;
  if (is_in(point, kNoWidth)) return 0;
  return is_in(point, kWide) ? 2 : 1;
}

/// C0, DEL and C1 controls, and the marks that reorder a line.
bool is_control(char32_t point) {
  return point < 0x20 || (point >= 0x7F && point < 0xA0) || (point >= 0x202A && point <= 0x202E) ||
         (point >= 0x2066 && point <= 0x2069) || point == 0x2028 || point == 0x2029;
}

}  // namespace

Terminal find_terminal(bool no_color) {
  Terminal terminal;
  terminal.output_is_terminal = isatty(STDOUT_FILENO) == 1;
  terminal.error_is_terminal = isatty(STDERR_FILENO) == 1;
  const bool wanted = !no_color && environment("NO_COLOR").empty() && environment("TERM") != "dumb";
  terminal.colors_output = wanted && terminal.output_is_terminal;
  terminal.colors_error = wanted && terminal.error_is_terminal;
  if (terminal.output_is_terminal) terminal.width = terminal_width();
  return terminal;
}

std::string colored(std::string_view text, Color color, bool enabled) {
  if (!enabled || color == Color::kNone) return std::string{text};
  return fmt::format("{}{}\x1b[0m", code_of(color), text);
}

std::string printable(std::string_view text) {
  const std::string valid = sanitize_text(text);
  std::string result;
  result.reserve(valid.size());
  for (std::size_t at = 0; at < valid.size();) {
    const std::size_t start = at;
    const char32_t point = next_code_point(valid, at);
    if (point == U'\n') {
      result += "\\n";
    } else if (point == U'\t') {
      result += "\\t";
    } else if (is_control(point)) {
      result += point < 0x100 ? fmt::format("\\x{:02x}", static_cast<unsigned>(point))
                              : fmt::format("\\u{:04x}", static_cast<unsigned>(point));
    } else {
      result.append(valid, start, at - start);
    }
  }
  return result;
}

std::size_t display_width(std::string_view text) {
  std::size_t width = 0;
  for (std::size_t at = 0; at < text.size();) width += width_of(next_code_point(text, at));
  return width;
}

std::string wrapped(std::string_view text, std::size_t indent, std::size_t width) {
  std::string result;
  std::size_t column = indent;
  bool starts_line = true;
  for (std::size_t at = 0; at < text.size();) {
    if (text[at] == '\n') {
      result += '\n';
      if (at + 1 < text.size() && text[at + 1] != '\n') result.append(indent, ' ');
      column = indent;
      starts_line = true;
      ++at;
      continue;
    }
    std::size_t end = std::min(text.find_first_of(" \n", at), text.size());
    if (end == at) {
      ++at;
      continue;
    }
    const std::string_view word = text.substr(at, end - at);
    const std::size_t size = display_width(word);
    if (!starts_line && column + 1 + size > width) {
      result += '\n';
      result.append(indent, ' ');
      column = indent;
      starts_line = true;
    }
    if (!starts_line) {
      result += ' ';
      ++column;
    }
    result += word;
    column += size;
    starts_line = false;
    at = end;
  }
  return result;
}

std::string truncated(std::string_view text, std::size_t width) {
  if (display_width(text) <= width) return std::string{text};
  if (width == 0) return {};
  std::size_t used = 0;
  std::size_t end = 0;
  for (std::size_t at = 0; at < text.size();) {
    used += width_of(next_code_point(text, at));
    if (used > width - 1) break;
    end = at;
  }
  return std::string{text.substr(0, end)} + "…";
}

}  // namespace stint::cli
