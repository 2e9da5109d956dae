#include "source_tree.hpp"
#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>
#include <fmt/format.h>

namespace stint::architecture {
namespace {

namespace fs = std::filesystem;

constexpr std::array kFolders = {"include", "src",   "tests",   "bench", "examples",
                                 "docs",    "cmake", "scripts", ".ci"};

SourceFile read_file(const fs::path& top, const fs::path& file) {
  std::ifstream stream{file, std::ios::binary};
  return {.path = fs::relative(file, top).generic_string(),
          .text = {std::istreambuf_iterator<char>{stream}, {}}};
}

}  // namespace

Tree read_tree(const fs::path& top) {
  Tree tree;
  for (const fs::directory_entry& entry : fs::directory_iterator{top}) {
    // In a linked worktree .git is a file, and not the project's.
    if (entry.is_regular_file() && entry.path().filename() != ".git") {
      tree.push_back(read_file(top, entry.path()));
    }
  }
  for (const char* folder : kFolders) {
    if (!fs::exists(top / folder)) continue;
    for (const fs::directory_entry& entry : fs::recursive_directory_iterator{top / folder}) {
      if (entry.is_regular_file()) tree.push_back(read_file(top, entry.path()));
    }
  }
  std::ranges::sort(tree, {}, &SourceFile::path);
  return tree;
}

std::string describe(const std::vector<Violation>& violations) {
  std::string text;
  for (const Violation& violation : violations) {
    text += fmt::format("{}:{}: {}\n", violation.path, violation.line, violation.rule);
  }
  return text;
}

std::vector<std::string_view> split_lines(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    lines.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

}  // namespace stint::architecture
