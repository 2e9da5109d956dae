/// The texts of --help.
#pragma once
#include <string>
#include <string_view>
#include <utility>
#include <vector>
#include "cli/command.hpp"
#include "cli/terminal.hpp"

namespace stint {
class Registry;
}

namespace stint::cli {

/// How wide help is written, and where it is emphasised.
struct HelpStyle {
  std::size_t width = 90;
  bool colors = false;
  bool breaks_lines = false;  ///< also lines to be typed, by a backslash: a terminal is so wide
};

/// Fit help to the terminal.
HelpStyle help_style(const Terminal& terminal);

/// Write what `PROGRAM --help` shows: the program's own commands, then the built-in ones, then the
/// options of all. With a `group` ("job"), only its commands.
std::string program_help(std::string_view program, const Registry& registry, const HelpStyle& style,
                         std::string_view group = {});

/// Write the help of one command.
std::string command_help(std::string_view program, const CommandText& text,
                         const OptionTable& options, const HelpStyle& style);

/// Write the one line of how a command is used.
std::string usage_line(std::string_view program, std::string_view name, const OptionTable& options);

/// Name an option with its forms and its value: "-n, --limit N".
std::string option_title(const Option& option);
/// Say what an option is for, with its default.
std::string option_text(const Option& option);
/// List the exit codes of a command in their order, with those that all commands have.
std::vector<std::pair<int, std::string>> exit_codes(const CommandText& text);

}  // namespace stint::cli
