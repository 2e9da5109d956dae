/// A C++ source taken apart just enough for the rules: what is code, what is a string literal.
#pragma once
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace stint::architecture {

/// Hold a string literal as it is written, without its quotes, and the line where it begins.
struct Literal {
  std::size_t line;
  std::string text;
};

/// Hold a source of which comments and the inside of literals were blanked out; line ends are kept,
/// so that lines and columns are those of the source.
struct ScannedSource {
  std::string code;
  /// Literals that stand side by side are one, as for the compiler.
  std::vector<Literal> literals;
};

/// Take a source apart. Knows //, /* */, strings, raw strings, characters and digit separators.
ScannedSource scan(std::string_view text);

}  // namespace stint::architecture
