// `help`: what --help shows, for programs too, and the man page.
#include <fmt/format.h>
#include "cli/choose.hpp"
#include "cli/command.hpp"
#include "cli/command_json.hpp"
#include "cli/context.hpp"
#include "cli/described_commands.hpp"
#include "cli/help.hpp"
#include "cli/man_page.hpp"
#include "stint/error.hpp"

namespace stint::cli {
namespace {

class Help final : public Command {
 public:
  void declare(OptionTable& options, Context& /*context*/,
               std::span<const std::string> /*words*/) override {
    options.positionals("COMMAND", words_, "the command, or the first word of several")
        .is_required = false;
    options.flag({"--man"}, man_, "print the manual page of the whole program, for man(1)");
  }

  int run(Context& context) override {
    if (man_) {
      if (!words_.empty()) throw Error{ErrorCode::kUsage, "--man is of the whole program"};
      context.output().write(man_page(context.program(), described_commands(context)));
      return 0;
    }
    const Chosen chosen = choose(context.module_registry(), words_);
    if (!chosen.command) {
      show_all(context, chosen.group);
      return 0;
    }
    OptionTable options;
    std::vector<std::string> words = chosen.words;
    words.insert(words.begin(), "--help");  // for what a command says only then
    chosen.command->declare(options, context, words);
    declare_global_options(options, context.global());
    refuse_too_many(chosen.words, options);
    if (context.json()) {
      context.output().line(command_json(context.program(), *chosen.text, options));
    } else {
      context.output().write(
          command_help(context.program(), *chosen.text, options, help_style(context.terminal())));
    }
    return 0;
  }

 private:
  /// `help run TASK` explains that task; more words than a command takes are a mistake.
  static void refuse_too_many(std::span<const std::string> words, const OptionTable& options) {
    const std::deque<Positional>& taken = options.positionals();
    if (words.size() <= taken.size() || (!taken.empty() && taken.back().repeats)) return;
    throw Error{ErrorCode::kUsage,
                fmt::format("\"{}\" is one value too many", words[taken.size()])};
  }

  static void show_all(Context& context, const std::string& group) {
    if (!context.json()) {
      context.output().write(program_help(context.program(), context.module_registry(),
                                          help_style(context.terminal()), group));
      return;
    }
    for (const DescribedCommand& one : described_commands(context)) {
      if (!group.empty() && !one.text.name.starts_with(group + " ")) continue;
      context.output().line(command_json(context.program(), one.text, one.options));
    }
  }

  std::vector<std::string> words_;
  bool man_ = false;
};

}  // namespace

CommandEntry help_entry() {
  return {.text = {.name = "help",
                   .summary = "Explain a command, or list them all",
                   .description =
                       "`help job list` is `job list --help`. With --json it prints an object for "
                       "each command, with name, summary, description, usage, arguments, options, "
                       "examples and exit_codes. The manual page is made of the same texts.",
                   .examples = {{"help", "all commands"},
                                {"help job wait", "one of them"},
                                {"help --json | jq -r .usage", "for programs"},
                                {"help --man | man -l -", "everything on one page"}},
                   .uses_store = false},
          .make = []() -> std::unique_ptr<Command> { return std::make_unique<Help>(); }};
}

}  // namespace stint::cli
