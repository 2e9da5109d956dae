#include "stint/main.hpp"
#include <algorithm>
#include <cstdlib>
#include <optional>
#include <ranges>
#include <string>
#include <vector>
#include <fmt/format.h>
#include "app/slot_main.hpp"
#include "app/test_worker.hpp"
#include "base/nearest.hpp"
#include "base/version.hpp"
#include "cli/command.hpp"
#include "cli/context.hpp"
#include "cli/failure.hpp"
#include "cli/help.hpp"
#include "cli/module_command.hpp"
#include "cli/signals.hpp"
#include "core/registry.hpp"
#include "process/container_init.hpp"
#include "process/keeper.hpp"
#include "runtime/slot_program.hpp"
#include "stint/error.hpp"

namespace stint::cli {
namespace {

/// The command that a line names, and the words that are left for it.
struct Chosen {
  std::string group = {};  ///< "job" of an incomplete "job"; empty otherwise
  std::optional<CommandText> text = {};
  std::unique_ptr<Command> command = {};
  std::vector<std::string> words = {};
  bool is_none = false;  ///< the line names no command at all
};

/// Find the places of the words that are neither options nor values of options of all commands.
std::vector<std::size_t> plain_words(const std::vector<std::string>& words) {
  OptionTable options;
  GlobalOptions ignored;
  declare_global_options(options, ignored);
  std::vector<std::size_t> places;
  for (std::size_t at = 0; at < words.size(); ++at) {
    const std::string& word = words[at];
    if (word == "--") break;
    if (word.size() < 2 || word[0] != '-') {
      places.push_back(at);
      continue;
    }
    const Option* option = options.find(word);
    if (option != nullptr && !option->value.empty()) ++at;
  }
  return places;
}

bool is_group(std::string_view word) {
  return std::ranges::any_of(command_table(), [&](const CommandEntry& entry) {
    return entry.text.name.starts_with(fmt::format("{} ", word));
  });
}

const CommandEntry* find_entry(std::string_view name) {
  const auto table = command_table();
  const auto found = std::ranges::find_if(
      table, [&](const CommandEntry& entry) { return entry.text.name == name; });
  return found == table.end() ? nullptr : &*found;
}

[[noreturn]] void refuse_command(std::string_view group, std::string_view word,
                                 const Registry& registry) {
  std::vector<std::string> known;
  for (const CommandEntry& entry : command_table()) {
    std::string_view name = entry.text.name;
    if (group.empty()) {
      known.emplace_back(name.substr(0, name.find(' ')));
    } else if (name.starts_with(fmt::format("{} ", group))) {
      known.emplace_back(name.substr(group.size() + 1));
    }
  }
  if (group.empty()) {
    for (const auto& [name, command] : registry.commands()) known.push_back(name);
  }
  throw Error{ErrorCode::kUsage,
              fmt::format("unknown command \"{}{}{}\"{}", group, group.empty() ? "" : " ", word,
                          did_you_mean(word, known))};
}

void erase_words(std::vector<std::string>& words, std::span<const std::size_t> places) {
  for (const std::size_t place : std::views::reverse(places)) {
    words.erase(words.begin() + static_cast<std::ptrdiff_t>(place));
  }
}

Chosen choose(const Registry& registry, std::vector<std::string> words) {
  std::vector<std::size_t> places = plain_words(words);
  // `help job list` is `job list --help`.
  if (!places.empty() && words[places.front()] == "help") {
    words[places.front()] = "--help";
    places.erase(places.begin());
  }
  if (places.empty()) return {.words = std::move(words), .is_none = true};
  const std::string first = words[places[0]];
  Chosen chosen;
  std::size_t used = 1;
  if (const detail::TaskDeclaration* own = registry.find_command(first)) {
    chosen.text = module_command_text(*own);
    chosen.command = make_module_command(*own);
  } else if (is_group(first)) {
    if (places.size() < 2) return {.group = first, .words = std::move(words)};
    used = 2;
  }
  if (!chosen.command) {
    const std::string name = used == 1 ? first : fmt::format("{} {}", first, words[places[1]]);
    const CommandEntry* entry = find_entry(name);
    if (entry == nullptr) {
      refuse_command(used == 2 ? first : "", used == 2 ? words[places[1]] : first, registry);
    }
    chosen.text = entry->text;
    chosen.command = entry->make();
  }
  erase_words(words, std::span{places}.first(used));
  chosen.words = std::move(words);
  return chosen;
}

bool has_word(std::span<const std::string> words, std::string_view a, std::string_view b) {
  for (const std::string& word : words) {
    if (word == "--") return false;
    if (word == a || word == b) return true;
  }
  return false;
}

/// Be one run of the program; remembers what a message about a wrong line needs.
class CommandLine {
 public:
  CommandLine(std::string program, std::initializer_list<ModuleDefinition> modules)
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
      if (!failure.message.empty()) write_error_line(failure.message);
      return failure.exit_code;
    }
  }

 private:
  int run_command(std::vector<std::string> words);
  int show_general_help(const Chosen& chosen);
  HelpStyle style();

  Context context_;
  std::string hint_;
};

HelpStyle CommandLine::style() {
  constexpr std::size_t kWidest = 100;
  HelpStyle style{.colors = context_.terminal().colors_output};
  if (context_.terminal().width > 0) style.width = std::min(context_.terminal().width, kWidest);
  return style;
}

int CommandLine::show_general_help(const Chosen& chosen) {
  const bool wanted = has_word(chosen.words, "--help", "-h");
  if (!wanted && chosen.group.empty() && !chosen.words.empty()) {
    OptionTable options;  // says what is wrong with a line of options alone
    declare_global_options(options, context_.global());
    options.parse(chosen.words);
  }
  const std::string text =
      program_help(context_.program(), context_.module_registry(), style(), chosen.group);
  if (wanted) {
    context_.output().write(text);
    return 0;
  }
  write_error_line(text);
  return exit_code(ErrorCode::kUsage);
}

int CommandLine::run_command(std::vector<std::string> words) {
  if (words.size() == 1 && words.front() == "--version") {
    context_.output().line(fmt::format("{} {}", context_.program(), version()));
    return 0;
  }
  const Registry& registry = context_.module_registry();
  const Chosen chosen = choose(registry, std::move(words));
  if (!chosen.command) return show_general_help(chosen);
  hint_ = fmt::format("`{} {} --help` explains it.", context_.program(), chosen.text->name);
  OptionTable options;
  chosen.command->declare(options, context_, chosen.words);
  declare_global_options(options, context_.global());
  if (has_word(chosen.words, "--help", "-h")) {
    context_.output().write(command_help(context_.program(), *chosen.text, options, style()));
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
    std::exit(cli::CommandLine{cli::program_name(argc, argv), modules}.run(*words));
  }
}

int main(int argc, char** argv, std::initializer_list<ModuleDefinition> modules) {
  be_init_if_first(argc, argv);
  serve_slot(argc, argv, modules);
  cli::ignore_closed_pipes();
  cli::CommandLine line{cli::program_name(argc, argv), modules};
  return line.run(argc > 1 ? std::vector<std::string>{argv + 1, argv + argc}
                           : std::vector<std::string>{});
}

}  // namespace stint
