/// Every command with all that it takes: what help, the man page and completion are made of.
#pragma once
#include <memory>
#include <vector>
#include "cli/command.hpp"

namespace stint::cli {

class Context;

/// One command; the options are bound to `command`.
struct DescribedCommand {
  CommandText text;
  std::unique_ptr<Command> command;
  OptionTable options;
};

/// Describe all commands: the program's own, then the built-in ones. No setting is read. `context`
/// must outlive the result. Throws ConfigurationError where the modules' declarations are wrong.
std::vector<DescribedCommand> described_commands(Context& context);

}  // namespace stint::cli
