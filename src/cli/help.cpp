#include "cli/help.hpp"
#include <algorithm>
#include <utility>
#include <fmt/format.h>
#include "cli/context.hpp"
#include "cli/terminal.hpp"
#include "core/registry.hpp"

namespace stint::cli {
namespace {

using Rows = std::vector<std::pair<std::string, std::string>>;

constexpr std::size_t kWidestName = 30;
// Below it, two columns leave no room for words.
constexpr std::size_t kNarrow = 60;

/// Break a line that is to be typed so that it can still be: in front of a blank that is not within
/// quotes, behind a backslash.
std::string broken(std::string_view line, std::size_t indent, const HelpStyle& style) {
  if (!style.breaks_lines || indent + display_width(line) <= style.width) return std::string{line};
  constexpr std::size_t kBackslash = 2;
  std::string result;
  std::size_t column = indent;
  while (!line.empty()) {
    char quote = '\0';
    std::size_t end = 0;
    for (; end < line.size() && (quote != '\0' || line[end] != ' '); ++end) {
      const char c = line[end];
      if (c == '\'' || c == '"') quote = quote == '\0' ? c : quote == c ? '\0' : quote;
    }
    const std::string_view word = line.substr(0, end);
    line.remove_prefix(std::min(end + 1, line.size()));
    const std::size_t size = display_width(word);
    if (!result.empty() && column + 1 + size + kBackslash > style.width) {
      result += " \\\n" + std::string(indent + 4, ' ');
      column = indent + 4;
    } else if (!result.empty()) {
      result += ' ';
      ++column;
    }
    result += word;
    column += size;
  }
  return result;
}

std::string section(std::string_view title, const Rows& rows, const HelpStyle& style) {
  if (rows.empty()) return {};
  std::size_t name_width = 0;
  for (const auto& [name, help] : rows) {
    if (display_width(name) <= kWidestName) name_width = std::max(name_width, display_width(name));
  }
  std::string result = "\n" + colored(title, Color::kBold, style.colors) + "\n";
  if (style.width < kNarrow) {
    for (const auto& [name, help] : rows) {
      result +=
          "  " + wrapped(name, 4, style.width) + "\n      " + wrapped(help, 6, style.width) + "\n";
    }
    return result;
  }
  const std::size_t indent = 2 + name_width + 2;
  for (const auto& [name, help] : rows) {
    result += "  " + name;
    const std::size_t used = display_width(name);
    if (used > name_width) {
      result += "\n" + std::string(indent, ' ');
    } else {
      result.append(name_width - used + 2, ' ');
    }
    result += wrapped(help, indent, style.width) + "\n";
  }
  return result;
}

Rows option_rows(const OptionTable& options, bool global) {
  Rows rows;
  for (const Option& option : options.options()) {
    if (option.is_global != global || option.is_hidden) continue;
    rows.emplace_back(option_title(option), option_text(option));
  }
  return rows;
}

Rows exit_rows(const CommandText& text) {
  Rows rows;
  for (auto& [code, meaning] : exit_codes(text)) {
    rows.emplace_back(std::to_string(code), std::move(meaning));
  }
  return rows;
}

std::string_view group_of(std::string_view name) { return name.substr(0, name.find(' ')); }

Rows own_commands(const Registry& registry) {
  Rows rows;
  for (const auto& [name, command] : registry.commands()) {
    rows.emplace_back(name, command.options.doc);
  }
  return rows;
}

}  // namespace

HelpStyle help_style(const Terminal& terminal) {
  constexpr std::size_t kWidest = 100;
  HelpStyle style{.colors = terminal.colors_output};
  if (terminal.width > 0) style.width = std::min(terminal.width, kWidest);
  style.breaks_lines = terminal.width > 0;
  return style;
}

std::string option_title(const Option& option) {
  std::string shorts;
  std::string longs;
  for (const std::string& name : option.names) {
    std::string& to = name.starts_with("--") ? longs : shorts;
    to += (to.empty() ? "" : ", ") + name;
    if (option.is_negatable && name.starts_with("--")) to += ", --no-" + name.substr(2);
  }
  const bool has_both = !shorts.empty() && !longs.empty();
  std::string result = shorts + (has_both ? ", " : "") + longs;
  if (option.is_value_optional) {
    result += fmt::format("[={}]", option.value);
  } else if (!option.value.empty()) {
    result += " " + option.value;
  }
  return result;
}

std::string option_text(const Option& option) {
  std::string result = option.help;
  if (option.is_required) result += " (required)";
  if (option.repeats) result += " (may be repeated)";
  if (!option.default_text.empty()) result += fmt::format(" [default: {}]", option.default_text);
  return result;
}

std::vector<std::pair<int, std::string>> exit_codes(const CommandText& text) {
  std::vector<std::pair<int, std::string>> codes;
  codes.reserve(text.exit_codes.size());
  for (const ExitCode& exit : text.exit_codes) codes.emplace_back(exit.code, exit.meaning);
  const auto add = [&](int code, std::string meaning) {
    if (std::ranges::find(codes, code, &std::pair<int, std::string>::first) == codes.end()) {
      codes.emplace_back(code, std::move(meaning));
    }
  };
  add(0, "done");
  add(2, "the command line or its data cannot be meant");
  if (text.uses_store) add(69, "the store cannot be reached");
  add(78, "the settings, the declared tasks or the store's tables are not right");
  std::ranges::sort(codes);
  return codes;
}

std::string usage_line(std::string_view program, std::string_view name,
                       const OptionTable& options) {
  std::string result = fmt::format("{} {}", program, name);
  for (const Positional& positional : options.positionals()) {
    const std::string shown = positional.name + (positional.repeats ? "..." : "");
    result += positional.is_required ? " " + shown : " [" + shown + "]";
  }
  for (const Option& option : options.options()) {
    if (option.is_required) result += fmt::format(" {} {}", option.names.front(), option.value);
  }
  return result + " [OPTIONS]";
}

std::string command_help(std::string_view program, const CommandText& text,
                         const OptionTable& options, const HelpStyle& style) {
  std::string result =
      fmt::format("{} {}\n\n", colored("Usage:", Color::kBold, style.colors),
                  wrapped(usage_line(program, text.name, options), 7, style.width));
  result += wrapped(fmt::format("{}.", text.summary), 0, style.width) + "\n";
  if (!text.description.empty()) {
    result += "\n" + wrapped(text.description, 0, style.width) + "\n";
  }
  Rows positionals;
  for (const Positional& positional : options.positionals()) {
    positionals.emplace_back(positional.name, positional.help);
  }
  result += section("Arguments", positionals, style);
  for (const HelpSection& more : options.sections()) {
    result += section(more.title, more.rows, style);
  }
  result += section("Options", option_rows(options, false), style);
  result += section("Options of every command", option_rows(options, true), style);
  if (!text.examples.empty()) {
    result += "\n" + colored("Examples", Color::kBold, style.colors) + "\n";
    for (const Example& example : text.examples) {
      const std::string line = fmt::format("{} {}", program, example.line);
      result += "  " + broken(line, 2, style) + "\n";
      result += "      " + wrapped(example.meaning, 6, style.width) + "\n";
    }
  }
  return result + section("Exit codes", exit_rows(text), style);
}

std::string program_help(std::string_view program, const Registry& registry, const HelpStyle& style,
                         std::string_view group) {
  std::string result =
      fmt::format("{} {}{} [OPTIONS]\n", colored("Usage:", Color::kBold, style.colors), program,
                  group.empty() ? " COMMAND" : fmt::format(" {} COMMAND", group));
  if (group.empty()) {
    result += "\n" +
              wrapped("Stint runs work: tasks now, jobs from a queue, on SQLite or PostgreSQL.", 0,
                      style.width) +
              "\n";
    result += section("Commands of this program", own_commands(registry), style);
  }
  Rows rows;
  for (const CommandEntry& entry : command_table()) {
    if (!group.empty() && group_of(entry.text.name) != group) continue;
    rows.emplace_back(entry.text.name, entry.text.summary);
  }
  result += section("Commands", rows, style);
  OptionTable options;
  GlobalOptions ignored;
  declare_global_options(options, ignored);
  Rows global = option_rows(options, true);
  if (group.empty()) global.emplace_back("--version", "show the version");
  result += section("Options", global, style);
  const std::string more =
      fmt::format("`{} {} --help` explains a command and shows examples.", program,
                  group.empty() ? "COMMAND" : fmt::format("{} COMMAND", group));
  return result + "\n" + wrapped(more, 0, style.width) + "\n";
}

}  // namespace stint::cli
