/// The project's files as text, and what the rules of architecture say about them.
#pragma once
#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace stint::architecture {

/// Hold one file: its path from the project's top folder, with `/`, and its text.
struct SourceFile {
  std::string path;
  std::string text;

  /// Tell whether the path begins with `folder` ("src/base/") .
  bool is_below(std::string_view folder) const { return path.starts_with(folder); }
  bool ends_with(std::string_view end) const { return path.ends_with(end); }
  bool is_cpp() const { return ends_with(".cpp") || ends_with(".hpp"); }
};

using Tree = std::vector<SourceFile>;

/// Name one place that breaks a rule, and the rule. Lines count from 1.
struct Violation {
  std::string path;
  std::size_t line;
  std::string rule;
};

/// Read every text file below the project's source folders and in its top folder, in order of path.
Tree read_tree(const std::filesystem::path& top);

/// Write one `path:line: rule` a line, as compilers do; empty if there is none.
std::string describe(const std::vector<Violation>& violations);

/// Cut a text at its line ends. A last line without one counts.
std::vector<std::string_view> split_lines(std::string_view text);

}  // namespace stint::architecture
