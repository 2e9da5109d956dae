/// What standard output and standard error are connected to, and text that is fit for them.
#pragma once
#include <cstddef>
#include <string>
#include <string_view>

namespace stint::cli {

/// How results are shown. Found once when the program starts.
struct Terminal {
  bool output_is_terminal = false;
  bool error_is_terminal = false;
  bool colors_output = false;  ///< a terminal, and neither --no-color, NO_COLOR nor TERM=dumb
  bool colors_error = false;
  std::size_t width = 0;  ///< columns of the output's terminal; 0: not limited
};

/// Look at the descriptors 1 and 2 and at the environment (NO_COLOR, TERM, COLUMNS).
Terminal find_terminal(bool no_color);

enum class Color { kNone, kBold, kDim, kRed, kGreen, kYellow, kBlue, kCyan };

/// Put the colour's codes around the text; the plain text if `enabled` is false.
std::string colored(std::string_view text, Color color, bool enabled);

/// Make any bytes safe to show in one line: what is no UTF-8 becomes U+FFFD, control characters
/// become `\n`, `\t`, `\x1b`, so that a job's text can neither move the cursor nor break a table.
std::string printable(std::string_view text);

/// Count the columns that printable text takes: one for each code point but combining marks, two
/// for wide East Asian characters.
std::size_t display_width(std::string_view text);

/// Break text at blanks so that no line is longer than `width` where that can be had; each line
/// after the first begins with `indent` blanks, and the first one stands so far to the right. A
/// line's end in the text stays one.
std::string wrapped(std::string_view text, std::size_t indent, std::size_t width);

/// Cut printable text to `width` columns, the last one `…` if anything was cut.
std::string truncated(std::string_view text, std::size_t width);

}  // namespace stint::cli
