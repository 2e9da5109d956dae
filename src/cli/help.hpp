/// The texts of --help.
#pragma once
#include <string>
#include <string_view>
#include "cli/command.hpp"

namespace stint {
class Registry;
}

namespace stint::cli {

/// How wide help is written, and where it is emphasised.
struct HelpStyle {
  std::size_t width = 90;
  bool colors = false;
};

/// Write what `PROGRAM --help` shows: the program's own commands, then the built-in ones, then the
/// options of all. With a `group` ("job"), only its commands.
std::string program_help(std::string_view program, const Registry& registry, const HelpStyle& style,
                         std::string_view group = {});

/// Write the help of one command.
std::string command_help(std::string_view program, const CommandText& text,
                         const OptionTable& options, const HelpStyle& style);

/// Write the one line of how a command is used.
std::string usage_line(std::string_view program, std::string_view name, const OptionTable& options);

}  // namespace stint::cli
