// `completion`: the scripts for shells, and the question that they ask.
#include <sys/time.h>
#include <unistd.h>
#include <csignal>
#include <fmt/format.h>
#include "cli/command.hpp"
#include "cli/completion.hpp"
#include "cli/completion_script.hpp"
#include "cli/context.hpp"
#include "stint/error.hpp"

namespace stint::cli {
namespace {

constexpr std::string_view kQuestion = "--words";
constexpr suseconds_t kPatience = 300'000;  // microseconds: who has pressed Tab waits

/// End the process, whatever it waits for, when the patience is over: what was written stands.
void limit_time() {
  struct sigaction action{};
  action.sa_handler = [](int /*signal*/) { ::_exit(0); };
  ::sigaction(SIGALRM, &action, nullptr);
  const itimerval patience{.it_interval = {}, .it_value = {.tv_sec = 0, .tv_usec = kPatience}};
  ::setitimer(ITIMER_REAL, &patience, nullptr);
}

std::string_view head_of(const Candidates& completion) {
  switch (completion.source) {
    case CompletionSource::kFiles:
      return "files";
    case CompletionSource::kFolders:
      return "folders";
    case CompletionSource::kPrograms:
      return "programs";
    case CompletionSource::kWords:
      return completion.is_open ? "open" : "words";
  }
  return "words";
}

void print(Output& output, const std::vector<Candidate>& candidates) {
  for (const Candidate& candidate : candidates) {
    const std::string word = printable(candidate.word);
    const std::string meaning = printable(candidate.meaning);
    output.line(meaning.empty() ? word : fmt::format("{}\t{}", word, meaning));
  }
  output.flush();
}

class ShellCompletion final : public Command {
 public:
  void declare(OptionTable& options, Context& /*context*/,
               std::span<const std::string> words) override {
    if (!words.empty() && words.front() == kQuestion) {
      options.add({.names = {std::string{kQuestion}},
                   .is_hidden = true,
                   .set = [this](std::string_view) { is_question_ = true; }});
      options.positionals("WORD", words_, "the words of the line, the last under the cursor");
      return;
    }
    options.positional("SHELL", shell_, "bash, zsh or fish").choices = {"bash", "zsh", "fish"};
  }

  int run(Context& context) override {
    if (is_question_) return answer(context);
    context.output().write(completion_script(shell_, context.program()));
    return 0;
  }

 private:
  /// First line: where the words come from, and what stands in front of a file's name; then one
  /// candidate a line with its meaning behind a tab. Silent about whatever goes wrong.
  int answer(Context& context) const {
    limit_time();
    try {
      const Candidates completion = complete(context, words_);
      context.output().line(fmt::format("{} {}", head_of(completion), completion.prefix));
      print(context.output(), completion.candidates);
      if (completion.ask_store) print(context.output(), completion.ask_store());
    } catch (const Error&) {  // NOLINT(bugprone-empty-catch): see below
      // A store that is not there, settings that are wrong: the next command will say so.
    }
    return 0;
  }

  std::string shell_;
  std::vector<std::string> words_;
  bool is_question_ = false;
};

}  // namespace

CommandEntry completion_entry() {
  return {
      .text =
          {.name = "completion",
           .summary = "Print a script that completes command lines in a shell",
           .description =
               "Completes commands, options, their choices, files, tasks, arguments of tasks and "
               "job numbers. The script asks the program itself, so it fits whatever version and "
               "settings there are; of the store it waits 0.3 s at most, and it makes none. A "
               "program with tasks of its own prints one for its own name.",
           .examples = {{"completion bash > ~/.local/share/bash-completion/completions/stint",
                         "for bash with the package bash-completion"},
                        {"completion bash",
                         "or for this shell alone: source <(stint completion "
                         "bash)"},
                        {"completion zsh > ~/.zfunc/_stint", "for zsh, in a folder of $fpath"},
                        {"completion fish > ~/.config/fish/completions/stint.fish", "for fish"}},
           .uses_store = false},
      .make = []() -> std::unique_ptr<Command> { return std::make_unique<ShellCompletion>(); }};
}

}  // namespace stint::cli
