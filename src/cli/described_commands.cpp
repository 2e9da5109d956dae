#include "cli/described_commands.hpp"
#include <utility>
#include "cli/context.hpp"
#include "cli/module_command.hpp"
#include "core/registry.hpp"

namespace stint::cli {
namespace {

DescribedCommand described(Context& context, CommandText text, std::unique_ptr<Command> command) {
  DescribedCommand result{.text = std::move(text), .command = std::move(command), .options = {}};
  result.command->declare(result.options, context, {});
  declare_global_options(result.options, context.global());
  return result;
}

}  // namespace

std::vector<DescribedCommand> described_commands(Context& context) {
  std::vector<DescribedCommand> result;
  for (const auto& [name, declaration] : context.module_registry().commands()) {
    result.push_back(
        described(context, module_command_text(declaration), make_module_command(declaration)));
  }
  for (const CommandEntry& entry : command_table()) {
    result.push_back(described(context, entry.text, entry.make()));
  }
  return result;
}

}  // namespace stint::cli
