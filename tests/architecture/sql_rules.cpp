#include "sql_rules.hpp"
#include <algorithm>
#include <array>
#include <map>
#include <regex>
#include <set>
#include <string>
#include <fmt/format.h>
#include "scan.hpp"

namespace stint::architecture {
namespace {

constexpr std::array<std::string_view, 2> kDialects = {"sqlite", "postgres"};

bool looks_like_sql(const std::string& literal) {
  // The beginning of a statement, also of one that is put together from pieces. Prose may begin
  // with "update", so that word needs its "set" or nothing after it.
  static const std::regex kStatement{
      R"(^\s*(select\s|insert\s+(or\s+\w+\s+)?into\b|delete\s+from\b|update\s+(\S+\s+set\b|$)|with\s+(recursive\s+)?\w+(\s*\([^)]*\))?\s+as\b))",
      std::regex::icase};
  static const std::regex kKeyword{R"(\b(SELECT|INSERT INTO|UPDATE \S+ SET|DELETE FROM)\s)"};
  return std::regex_search(literal, kStatement) || std::regex_search(literal, kKeyword);
}

// A literal as the compiler sees it, as far as this test cares: an escaped line end is a space.
std::string unescape(std::string text) {
  for (const std::string_view escape : {"\\n", "\\t"}) {
    for (auto at = text.find(escape); at != std::string::npos; at = text.find(escape, at)) {
      text.replace(at, escape.size(), "  ");
    }
  }
  return text;
}

std::string folder_of(std::string_view backend) {
  return fmt::format("src/backends/{}/queries/", backend);
}

std::set<std::string, std::less<>> stems_of(const Tree& tree, std::string_view backend) {
  std::set<std::string, std::less<>> stems;
  const std::string folder = folder_of(backend);
  for (const SourceFile& file : tree) {
    if (!file.is_below(folder) || !file.ends_with(".sql")) continue;
    stems.insert(file.path.substr(folder.size(), file.path.size() - folder.size() - 4));
  }
  return stems;
}

}  // namespace

std::vector<Violation> check_no_sql_in_code(const Tree& tree) {
  std::vector<Violation> violations;
  for (const SourceFile& file : tree) {
    if (!file.is_below("src/") || !file.is_cpp() || file.ends_with("_test.cpp")) continue;
    for (const Literal& literal : scan(file.text).literals) {
      if (looks_like_sql(unescape(literal.text))) {
        violations.push_back(
            {.path = file.path,
             .line = literal.line,
             .rule = "SQL in code: give the statement a file below src/backends/*/queries"});
      }
    }
  }
  return violations;
}

std::vector<Violation> check_sql_comments(const Tree& tree) {
  std::vector<Violation> violations;
  for (const SourceFile& file : tree) {
    if (!file.is_below("src/backends/") || !file.ends_with(".sql")) continue;
    if (!file.text.starts_with("-- ")) {
      violations.push_back({.path = file.path,
                            .line = 1,
                            .rule = "the first line is a comment: what it does, what $1.. mean"});
    }
  }
  return violations;
}

std::vector<Violation> check_dialects(const Tree& tree, std::span<const OneDialect> exceptions) {
  std::vector<Violation> violations;
  const std::map<std::string_view, std::set<std::string, std::less<>>> stems = {
      {kDialects[0], stems_of(tree, kDialects[0])}, {kDialects[1], stems_of(tree, kDialects[1])}};
  const auto is_exception = [&](std::string_view backend, std::string_view stem) {
    return std::ranges::any_of(exceptions, [&](const OneDialect& exception) {
      return exception.backend == backend && exception.stem == stem;
    });
  };
  for (std::size_t i = 0; i < kDialects.size(); ++i) {
    const std::string_view own = kDialects[i];
    const std::string_view other = kDialects[1 - i];
    for (const std::string& stem : stems.at(own)) {
      if (!stems.at(other).contains(stem) && !is_exception(own, stem)) {
        violations.push_back({.path = fmt::format("{}{}.sql", folder_of(own), stem),
                              .line = 1,
                              .rule = fmt::format("{} has no such statement", other)});
      }
    }
  }
  for (const OneDialect& exception : exceptions) {
    const std::string_view other = kDialects[exception.backend == kDialects[0] ? 1 : 0];
    if (!stems.at(exception.backend).contains(exception.stem) ||
        stems.at(other).contains(exception.stem)) {
      violations.push_back(
          {.path = fmt::format("{}{}.sql", folder_of(exception.backend), exception.stem),
           .line = 1,
           .rule = "is listed as a statement of one dialect only, but is not"});
    }
  }
  return violations;
}

}  // namespace stint::architecture
