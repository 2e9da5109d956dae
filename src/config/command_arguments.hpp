/// Read the arguments of a task that the settings declare: `args.day = { type = "date" }`.
#pragma once
#include <string>
#include <vector>
#include "config/setting_node.hpp"
#include "stint/arg.hpp"

namespace stint {

/// Read one table below `args`; `title` is how messages name it. Types have the words of `arg`.
/// Adds a line for each mistake to `problems`; what only the whole declaration tells (a default
/// that is no choice, a zone that this machine does not know) is for `check_declaration`.
ArgumentSpec read_command_argument(const std::string& title, const std::string& name,
                                   const SettingNode& node, std::vector<std::string>& problems);

}  // namespace stint
