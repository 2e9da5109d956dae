#include "text_rules.hpp"
#include <algorithm>
#include <filesystem>
#include <regex>
#include <string>
#include <string_view>
#include <fmt/format.h>
#include "scan.hpp"

namespace stint::architecture {
namespace {

struct Pattern {
  std::regex regex;
  std::string_view rule;
};

// The patterns are written so that this file does not match them.
const std::vector<Pattern>& patterns() {
  static const std::vector<Pattern> kPatterns{
      {std::regex{R"(\b(TO[D]O|FIX[M]E|XX[X])\b)"},
       "unfinished work: finish it, or say so in the README's limitations"},
      {std::regex{R"((^|[^\w./\])}])/(work|tm[p]|roo[t])/)"},
       "a path of one machine: take it from the environment or a temporary folder"},
  };
  return kPatterns;
}

// Follow a link of a document to a path from the project's top folder.
std::string resolve(const SourceFile& document, const std::string& link) {
  const std::filesystem::path folder = std::filesystem::path{document.path}.parent_path();
  std::string target = (folder / link).lexically_normal().generic_string();
  if (target.ends_with('/')) target.pop_back();
  return target;
}

bool exists(const Tree& tree, const std::string& path) {
  return std::ranges::any_of(
      tree, [&](const SourceFile& file) { return file.path == path || file.is_below(path + "/"); });
}

}  // namespace

std::vector<Violation> check_words(const Tree& tree) {
  std::vector<Violation> violations;
  for (const SourceFile& file : tree) {
    const auto lines = split_lines(file.text);
    for (std::size_t i = 0; i < lines.size(); ++i) {
      for (const Pattern& pattern : patterns()) {
        if (std::regex_search(lines[i].begin(), lines[i].end(), pattern.regex)) {
          violations.push_back(
              {.path = file.path, .line = i + 1, .rule = std::string{pattern.rule}});
        }
      }
    }
  }
  return violations;
}

std::vector<Violation> check_sleeps(const Tree& tree, std::span<const std::string_view> allowed) {
  static const std::regex kSleep{
      R"(\bthis_thread::sleep_(for|until)\b|\b(usleep|nanosleep|clock_nanosleep)\s*\(|(^|[^\w.>])(::)?sleep\s*\()"};
  std::vector<Violation> violations;
  for (const SourceFile& file : tree) {
    const bool is_ours = file.is_below("src/") || file.is_below("tests/");
    if (!is_ours || !file.is_cpp() || std::ranges::find(allowed, file.path) != allowed.end()) {
      continue;
    }
    const std::string code = scan(file.text).code;
    const auto lines = split_lines(code);
    for (std::size_t i = 0; i < lines.size(); ++i) {
      if (lines[i].find("sleep") == std::string_view::npos) continue;
      if (std::regex_search(lines[i].begin(), lines[i].end(), kSleep)) {
        violations.push_back({.path = file.path,
                              .line = i + 1,
                              .rule = "a sleep in place of a condition: wait for the condition"});
      }
    }
  }
  return violations;
}

std::vector<Violation> check_links(const Tree& tree) {
  static const std::regex kLink{R"(\]\(([^)#\s:]+)(#[^)]*)?\))"};
  std::vector<Violation> violations;
  for (const SourceFile& file : tree) {
    if (!file.ends_with(".md")) continue;
    const auto lines = split_lines(file.text);
    for (std::size_t i = 0; i < lines.size(); ++i) {
      using Links = std::regex_iterator<std::string_view::const_iterator>;
      for (Links link{lines[i].begin(), lines[i].end(), kLink}; link != Links{}; ++link) {
        const std::string target = resolve(file, (*link)[1].str());
        if (!exists(tree, target)) {
          violations.push_back({.path = file.path,
                                .line = i + 1,
                                .rule = fmt::format("links to {}, which is not there", target)});
        }
      }
    }
  }
  return violations;
}

std::vector<Violation> check_snippets(const Tree& tree) {
  // The introduction ends with a colon; a blank line may follow it.
  static const std::regex kSnippet{R"(\]\(([^)\s]+\.[ch]pp)\)[^\n]*:\n\n?```cpp\n)"};
  std::vector<Violation> violations;
  for (const SourceFile& file : tree) {
    if (!file.ends_with(".md")) continue;
    using Snippets = std::sregex_iterator;
    for (Snippets at{file.text.begin(), file.text.end(), kSnippet}; at != Snippets{}; ++at) {
      const auto begin = static_cast<std::size_t>(at->position() + at->length());
      const std::string code = file.text.substr(begin, file.text.find("```\n", begin) - begin);
      const std::string target = resolve(file, (*at)[1].str());
      const auto source = std::ranges::find(tree, target, &SourceFile::path);
      if (source == tree.end() || source->text.find(code) == std::string::npos) {
        const auto line = std::count(file.text.begin(), file.text.begin() + at->position(), '\n');
        violations.push_back({.path = file.path,
                              .line = static_cast<std::size_t>(line) + 1,
                              .rule = fmt::format("shows what is not in {}", target)});
      }
    }
  }
  return violations;
}

}  // namespace stint::architecture
