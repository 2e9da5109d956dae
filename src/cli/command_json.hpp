/// What help knows of a command, for programs.
#pragma once
#include <string>
#include "cli/command.hpp"

namespace stint::cli {

/// Write a command as one JSON object: name, summary, description, usage, arguments, options,
/// examples and exit_codes.
std::string command_json(std::string_view program, const CommandText& text,
                         const OptionTable& options);

}  // namespace stint::cli
