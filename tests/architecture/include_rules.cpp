#include "include_rules.hpp"
#include <algorithm>
#include <array>
#include <optional>
#include <regex>
#include <string>
#include <string_view>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include "scan.hpp"

namespace stint::architecture {
namespace {

struct Include {
  std::size_t line;
  std::string target;
  bool quoted;
};

// What each folder of src/ may include besides itself.
struct Room {
  std::string_view name;
  std::vector<std::string_view> may_include;
};

const std::vector<Room>& rooms() {
  static const std::vector<Room> kRooms{
      {"base", {}},
      {"core", {"base"}},
      {"process", {"base"}},
      {"http", {"base"}},
      {"config", {"base", "core"}},
      {"runtime", {"base", "core", "process"}},
      {"backends", {"base", "core", "http"}},
      {"app", {"base", "core", "process", "http", "config", "runtime", "backends"}},
      {"cli", {"base", "core", "process", "config", "runtime", "app"}},
  };
  return kRooms;
}

std::vector<Include> includes_of(const SourceFile& file) {
  static const std::regex kInclude{R"(^\s*#\s*include\s*(["<])([^">]+)[">].*)"};
  const ScannedSource scanned = scan(file.text);
  const auto code = split_lines(scanned.code);
  const auto lines = split_lines(file.text);
  std::vector<Include> includes;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    std::match_results<std::string_view::const_iterator> match;
    // The code decides whether this is an include at all, the text has what the scan blanked out.
    if (code[i].find("include") == std::string_view::npos) continue;
    if (std::regex_match(lines[i].begin(), lines[i].end(), match, kInclude)) {
      includes.push_back({.line = i + 1, .target = match[2].str(), .quoted = match[1] == "\""});
    }
  }
  return includes;
}

std::string_view first_folder(std::string_view path) { return path.substr(0, path.find('/')); }

// "src/backends/sqlite/x.cpp" -> "sqlite"; nothing for a file that all backends share.
std::optional<std::string_view> backend_of(std::string_view path_from_src) {
  constexpr std::string_view kBackends = "backends/";
  if (!path_from_src.starts_with(kBackends)) return std::nullopt;
  path_from_src.remove_prefix(kBackends.size());
  if (path_from_src.find('/') == std::string_view::npos) return std::nullopt;
  return first_folder(path_from_src);
}

std::optional<std::string> problem_of_generated(std::string_view from, std::string_view target) {
  constexpr std::string_view kEnd = "_sql.hpp";
  if (!target.ends_with(kEnd)) return std::nullopt;
  std::string_view backend = target.substr(target.find('/') + 1);
  backend.remove_suffix(kEnd.size());
  if (from.starts_with("tests/") || backend_of(from) == backend) return std::nullopt;
  return fmt::format("only src/backends/{} includes its statements", backend);
}

// `from` is the including file's path from src/.
std::optional<std::string> problem_of(std::string_view from, const Include& include) {
  const std::string_view target = include.target;
  if (!include.quoted || target.starts_with("stint/")) return std::nullopt;
  if (target.starts_with("stint_generated/")) return problem_of_generated(from, target);
  const bool is_test = from.ends_with("_test.cpp");
  if (is_test && target.starts_with("support/")) return std::nullopt;

  const std::string_view to_room = first_folder(target);
  const auto known = std::ranges::find(rooms(), to_room, &Room::name);
  if (known == rooms().end()) {
    return fmt::format("\"{}\" is not written from src/, as in \"base/url.hpp\"", target);
  }
  const std::string_view from_room = first_folder(from);
  if (from_room == to_room) {
    const auto own = backend_of(from);
    const auto other = backend_of(target);
    if (own && other && *own != *other) {
      return fmt::format(
          "backend {} includes backend {}; what two share goes to src/core or to "
          "src/backends/ itself",
          *own, *other);
    }
    return std::nullopt;
  }
  const auto room = std::ranges::find(rooms(), from_room, &Room::name);
  if (room == rooms().end()) {
    return fmt::format("src/{} is no folder that the rules know", from_room);
  }
  if (std::ranges::find(room->may_include, to_room) != room->may_include.end()) return std::nullopt;
  return fmt::format("src/{} may include only itself and [{}], not \"{}\"", from_room,
                     fmt::join(room->may_include, ", "), target);
}

}  // namespace

std::vector<Violation> check_include_direction(const Tree& tree) {
  constexpr std::string_view kSrc = "src/";
  std::vector<Violation> violations;
  for (const SourceFile& file : tree) {
    if (!file.is_below(kSrc) || !file.is_cpp()) continue;
    for (const Include& include : includes_of(file)) {
      if (auto problem = problem_of(std::string_view{file.path}.substr(kSrc.size()), include)) {
        violations.push_back({.path = file.path, .line = include.line, .rule = *problem});
      }
    }
  }
  return violations;
}

std::vector<Violation> check_public_headers(const Tree& tree) {
  static const std::regex kStandard{"[a-z_]+"};
  std::vector<Violation> violations;
  for (const SourceFile& file : tree) {
    if (!file.is_below("include/")) continue;
    for (const Include& include : includes_of(file)) {
      const std::string& target = include.target;
      // Contracts of backends are GoogleTest's tests, for users who run them.
      const bool is_contract = file.is_below("include/stint/contract/");
      const bool allowed = (is_contract && target.starts_with("gtest/")) ||
                           target.starts_with("stint/") || target.starts_with("nlohmann/") ||
                           target.starts_with("fmt/") ||
                           (!include.quoted && std::regex_match(target, kStandard));
      if (!allowed) {
        violations.push_back(
            {.path = file.path,
             .line = include.line,
             .rule = fmt::format("a public header includes only stint/, nlohmann/, fmt/ and the "
                                 "standard library, not {}",
                                 target)});
      }
    }
  }
  return violations;
}

std::vector<Violation> check_examples(const Tree& tree) {
  std::vector<Violation> violations;
  for (const SourceFile& file : tree) {
    if (!file.is_below("examples/") || !file.is_cpp()) continue;
    for (const Include& include : includes_of(file)) {
      const std::string_view folder = first_folder(include.target);
      const bool reaches_inside = std::ranges::find(rooms(), folder, &Room::name) != rooms().end();
      if (reaches_inside && folder != include.target) {
        violations.push_back({.path = file.path,
                              .line = include.line,
                              .rule = "an example includes only what is installed: <stint/...>"});
      }
    }
  }
  return violations;
}

}  // namespace stint::architecture
