#include "support/docs_page.hpp"
#include <cstddef>
#include <fstream>
#include <regex>
#include <span>
#include <sstream>
#include <stdexcept>
#include <fmt/format.h>

namespace stint::test {
namespace {

constexpr std::string_view kAnyLines = "...";
constexpr std::string_view kAnyText = "…";

std::string normal_line(const std::string& line) {
  static const std::regex time{R"(\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?Z?)"};
  std::string normal = std::regex_replace(line, time, "TIME");
  normal.erase(normal.find_last_not_of(" \r") + 1);
  return normal;
}

bool matches_line(std::string_view shown, std::string_view printed) {
  const std::size_t gap = shown.find(kAnyText);
  if (gap == std::string_view::npos) return shown == printed;
  if (!printed.starts_with(shown.substr(0, gap))) return false;
  shown.remove_prefix(gap + kAnyText.size());
  printed.remove_prefix(gap);
  for (std::size_t skipped = 0; skipped <= printed.size(); ++skipped) {
    if (matches_line(shown, printed.substr(skipped))) return true;
  }
  return false;
}

bool matches_lines(std::span<const std::string> shown, std::span<const std::string> printed) {
  if (shown.empty()) return printed.empty();
  if (shown.front() == kAnyLines) {
    for (std::size_t skipped = 0; skipped <= printed.size(); ++skipped) {
      if (matches_lines(shown.subspan(1), printed.subspan(skipped))) return true;
    }
    return false;
  }
  return !printed.empty() && matches_line(shown.front(), printed.front()) &&
         matches_lines(shown.subspan(1), printed.subspan(1));
}

std::vector<std::string> normal_lines(const std::vector<std::string>& lines) {
  std::vector<std::string> normal;
  normal.reserve(lines.size());
  for (const std::string& line : lines) normal.push_back(normal_line(line));
  while (!normal.empty() && normal.back().empty()) normal.pop_back();
  return normal;
}

}  // namespace

std::vector<DocsBlock> docs_blocks(const std::filesystem::path& page) {
  std::ifstream file{page};
  if (!file) throw std::runtime_error{fmt::format("cannot read {}", page.string())};
  std::vector<DocsBlock> blocks;
  bool is_inside = false;
  int number = 0;
  for (std::string line; std::getline(file, line);) {
    ++number;
    if (line.starts_with("```")) {
      is_inside = !is_inside;
      if (!is_inside) continue;
      blocks.push_back({.language = {}, .file = {}, .line = number + 1, .lines = {}});
      std::istringstream{line.substr(3)} >> blocks.back().language >> blocks.back().file;
    } else if (is_inside) {
      blocks.back().lines.push_back(line);
    }
  }
  return blocks;
}

std::vector<DocsCommand> docs_commands(const DocsBlock& block) {
  std::vector<DocsCommand> commands;
  int number = block.line;
  for (const std::string& line : block.lines) {
    if (line.starts_with("$ ")) {
      commands.push_back({.line = number, .command = line.substr(2), .output = {}});
    } else if (commands.empty()) {
      throw std::runtime_error{fmt::format("line {}: no command begins with \"$ \"", number)};
    } else if (line.starts_with("> ") && commands.back().output.empty()) {
      commands.back().command += "\n" + line.substr(2);
    } else {
      commands.back().output.push_back(line);
    }
    ++number;
  }
  return commands;
}

bool matches_docs(const std::vector<std::string>& shown, const std::vector<std::string>& printed) {
  return matches_lines(normal_lines(shown), normal_lines(printed));
}

}  // namespace stint::test
