/// The commands that a program's own modules declare.
#pragma once
#include <memory>
#include "cli/command.hpp"
#include "core/registry.hpp"

namespace stint::cli {

/// Describe a module's command for help. The views last as long as the declaration.
CommandText module_command_text(const detail::TaskDeclaration& declaration);

/// Make the command. Its arguments are options and, in their order, positional values.
/// `declaration` must outlive it.
std::unique_ptr<Command> make_module_command(const detail::TaskDeclaration& declaration);

}  // namespace stint::cli
