#include "stint/main.hpp"
#include <cstdlib>
#include <optional>
#include <string>
#include <vector>
#include <fmt/format.h>
#include "app/slot_main.hpp"
#include "app/test_worker.hpp"
#include "base/version.hpp"
#include "cli/choose.hpp"
#include "cli/context.hpp"
#include "cli/failure.hpp"
#include "cli/help.hpp"
#include "cli/json_line.hpp"
#include "cli/signals.hpp"
#include "core/registry.hpp"
#include "process/container_init.hpp"
#include "process/keeper.hpp"
#include "runtime/slot_program.hpp"
#include "stint/error.hpp"

namespace stint::cli {
namespace {

/// Be one run of the program; remembers what a message about a wrong line needs.
class CommandLine {
 public:
  CommandLine(std::string program, std::span<const ModuleDefinition> modules)
      : context_(std::move(program), modules) {}

  int run(std::vector<std::string> words) {
    try {
      hint_ = fmt::format("`{} --help` lists the commands.", context_.program());
      const int code = run_command(std::move(words));
      context_.output().flush();
      return code;
    } catch (...) {
      Failure failure = describe_failure(std::current_exception(), context_.program(), hint_);
      try {
        context_.output().flush();       // results that came before
      } catch (const std::exception&) {  // NOLINT(bugprone-empty-catch): see below
        // The reader is gone; what failed first is what matters.
      }
      if (failure.message.empty()) return failure.exit_code;
      write_error_line(with_own_commands(std::move(failure.message), context_.program(),
                                         context_.global().store));
      return failure.exit_code;
    }
  }

 private:
  int run_command(std::vector<std::string> words);
  void load_modules(std::span<const std::string> words);
  int show_version(std::span<const std::string> words);
  int show_general_help(const Chosen& chosen);

  Context context_;
  std::string hint_;
};

int CommandLine::show_version(std::span<const std::string> words) {
  bool is_asked = false;
  OptionTable options;  // says what is wrong with the rest of the line
  declare_global_options(options, context_.global());
  options.flag({"--version"}, is_asked, "show the version");
  options.parse(words);
  if (context_.json()) {
    JsonLine line;
    line.text("program", context_.program()).text("version", version());
    context_.output().line(line.str());
  } else {
    context_.output().line(fmt::format("{} {}", context_.program(), version()));
  }
  return 0;
}

int CommandLine::show_general_help(const Chosen& chosen) {
  const bool wanted = has_word(chosen.words, "--help", "-h");
  if (!wanted && chosen.group.empty() && !chosen.words.empty()) {
    OptionTable options;  // says what is wrong with a line of options alone
    declare_global_options(options, context_.global());
    options.parse(chosen.words);
  }
  const std::string text = program_help(context_.program(), context_.module_registry(),
                                        help_style(context_.terminal()), chosen.group);
  if (wanted) {
    context_.output().write(text);
    return 0;
  }
  write_error_line(text);
  return exit_code(ErrorCode::kUsage);
}

/// Help must be there whatever is wrong with a module; to a shell that completes, nothing is said.
void CommandLine::load_modules(std::span<const std::string> words) {
  try {
    context_.load_modules(words);
  } catch (const ConfigurationError& error) {
    const std::string_view first = words.empty() ? "help" : std::string_view{words.front()};
    if (first == "completion") return;
    if (first != "help" && !has_word(words, "--help", "-h")) throw;
    for (const std::string& problem : error.problems()) context_.note(problem);
  }
}

int CommandLine::run_command(std::vector<std::string> words) {
  if (has_word(words, "--version", "--version") && plain_words(words).empty()) {
    return show_version(words);
  }
  GlobalOptions given;  // help, too, is without colours, and it is not a line that is read
  read_global_options(words, given);
  context_.global().no_color = given.no_color;
  load_modules(words);
  const Registry& registry = context_.module_registry();
  const Chosen chosen = choose(registry, std::move(words));
  if (!chosen.command) return show_general_help(chosen);
  hint_ = fmt::format("`{} {} --help` explains it.", context_.program(), chosen.text->name);
  OptionTable options;
  chosen.command->declare(options, context_, chosen.words);
  declare_global_options(options, context_.global());
  if (has_word(chosen.words, "--help", "-h")) {
    context_.output().write(
        command_help(context_.program(), *chosen.text, options, help_style(context_.terminal())));
    return 0;
  }
  options.parse(chosen.words);
  return chosen.command->run(context_);
}

std::string program_name(int argc, char** argv) {
  if (argc < 1 || argv[0] == nullptr || *argv[0] == '\0') return "stint";
  const std::string_view path = argv[0];
  return std::string{path.substr(path.rfind('/') + 1)};
}

}  // namespace
}  // namespace stint::cli

namespace stint {

void serve_slot(int argc, char** argv, std::initializer_list<ModuleDefinition> modules) {
  run_keeper_if_asked(argc, argv);
  can_be_slot();
  const std::optional<int> channel = slot_channel(argc, argv);
  if (channel) std::exit(run_as_slot(*channel, {modules.begin(), modules.size()}));
  if (const auto words = test_worker_words(argc, argv)) {
    cli::ignore_closed_pipes();
    std::exit(
        cli::CommandLine{cli::program_name(argc, argv), {modules.begin(), modules.size()}}.run(
            *words));
  }
}

int main(int argc, char** argv, std::initializer_list<ModuleDefinition> modules) {
  be_init_if_first(argc, argv);
  serve_slot(argc, argv, modules);
  cli::occupy_standard_descriptors();
  cli::ignore_closed_pipes();
  cli::CommandLine line{cli::program_name(argc, argv), {modules.begin(), modules.size()}};
  return line.run(argc > 1 ? std::vector<std::string>{argv + 1, argv + argc}
                           : std::vector<std::string>{});
}

}  // namespace stint
