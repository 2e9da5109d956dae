// `run`: execute a task now, in this process, without a queue; or any program.
#include <algorithm>
#include <chrono>
#include <optional>
#include <fmt/format.h>
#include "cli/argument_options.hpp"
#include "cli/command.hpp"
#include "cli/context.hpp"
#include "cli/find_task.hpp"
#include "cli/json_line.hpp"
#include "cli/read_value.hpp"
#include "cli/run_here.hpp"
#include "cli/run_program.hpp"
#include "core/registry.hpp"
#include "stint/error.hpp"

namespace stint::cli {
namespace {

constexpr int kSignalExit = 128;
constexpr int kPutOffExit = 75;

// Options of the runner, which is not there yet. Named so that nobody takes them for a mistake.
constexpr std::string_view kLaterOptions[] = {
    "--sleep-interval",   "--run-interval",         "--keep-lock",
    "--release-on-error", "--disable-one-instance", "--lock-name"};

void declare_later_options(OptionTable& options) {
  for (const std::string_view name : kLaterOptions) {
    const bool is_switch =
        name == "--keep-lock" || name == "--release-on-error" || name == "--disable-one-instance";
    options.add({.names = {std::string{name}},
                 .value = is_switch ? "" : "VALUE",
                 .is_hidden = true,
                 .set = [](std::string_view) {
                   throw Error{
                       ErrorCode::kUsage,
                       "not available in this version of Stint: `run` executes the task once"};
                 }});
  }
}

std::string_view state_of(Outcome outcome) {
  switch (outcome) {
    case Outcome::kDone:
      return "done";
    case Outcome::kFailed:
    case Outcome::kRejected:
    case Outcome::kCrashed:
      return "failed";
    case Outcome::kSnoozed:
      return "put off";
    case Outcome::kInterrupted:
      return "interrupted";
    case Outcome::kAborted:
      return "aborted";
  }
  return "";
}

class Run final : public Command {
 public:
  void declare(OptionTable& options, Context& context,
               std::span<const std::string> words) override {
    task_ = find(context, words);
    const auto separator = std::ranges::find(words, "--");
    if (task_ == nullptr && separator != words.end()) {
      declare_program(options, words.last(static_cast<std::size_t>(words.end() - separator) - 1));
      return;
    }
    options.positional("TASK", task_name_, "the task's full name: module.task");
    options.flag({"--run-once"}, run_once_, "run it once and end").default_text =
        "always so in this version";
    declare_later_options(options);
    if (task_ != nullptr) {
      arguments_.emplace(task_->args);
      arguments_->declare(options);
    }
  }

  int run(Context& context) override {
    if (program_) return run_program(context);
    if (task_ == nullptr || task_name_ != task_->name) refuse(context);
    const HereResult result = run_here(context, *task_, arguments_->given());
    print(context, result);
    if (result.signal != 0) return kSignalExit + result.signal;
    if (result.end.outcome == Outcome::kDone) return 0;
    context.note(fmt::format("{}: error: {}: {}", context.program(), task_->name,
                             printable(failure_text(result.end))));
    if (result.end.outcome == Outcome::kSnoozed) return kPutOffExit;
    return exit_code_of(result.thrown);
  }

 private:
  /// The options depend on the task, so it is looked for before the line is read: the first word
  /// that is a task's name. The settings are read only if no module has it.
  static const detail::TaskDeclaration* find(Context& context, std::span<const std::string> words) {
    words = words.first(static_cast<std::size_t>(std::ranges::find(words, "--") - words.begin()));
    const auto find_in = [&](const Registry& registry) -> const detail::TaskDeclaration* {
      for (const std::string& word : words) {
        if (const detail::TaskDeclaration* task = registry.find_task(word)) return task;
      }
      return nullptr;
    };
    if (const detail::TaskDeclaration* task = find_in(context.module_registry())) return task;
    const auto may_be_task = [](const std::string& word) {
      return !word.starts_with('-') && word.find('.') != std::string::npos;
    };
    if (std::ranges::none_of(words, may_be_task)) return nullptr;
    read_global_options(words, context.global());
    return find_in(context.registry());
  }

  void declare_program(OptionTable& options, std::span<const std::string> command) {
    program_.emplace(command.begin(), command.end());
    options.positionals("COMMAND", given_, "the program and its arguments, behind --").is_required =
        false;
    options.add({.names = {"--timeout"},
                 .value = "DURATION",
                 .help = "end it after this time",
                 .default_text = "none",
                 .set = [this](std::string_view text) { timeout_ = read_duration(text); }});
    options.flag({"--run-once"}, run_once_, "run it once and end");
    declare_later_options(options);
  }

  int run_program(Context& context) const {
    if (given_.size() != program_->size()) {
      throw Error{ErrorCode::kUsage, fmt::format("\"{}\" is no task; the program and all its "
                                                 "arguments stand behind the --",
                                                 given_.front())};
    }
    if (program_->empty() || program_->front().empty()) {
      throw Error{ErrorCode::kUsage, "name a program behind the --: run -- COMMAND..."};
    }
    return run_program_here(context, *program_, timeout_);
  }

  [[noreturn]] void refuse(Context& context) const {
    const std::vector<std::string> known = context.registry().task_names();
    if (known.empty()) {
      throw Error{
          ErrorCode::kNotFound,
          fmt::format("there is no task \"{}\": `{}` has no tasks of its own and the settings "
                      "declare none; run the program that declares it, or enqueue it for a worker",
                      task_name_, context.program())};
    }
    throw unknown_task(task_name_, known,
                       fmt::format("`{} task list` shows this program's", context.program()));
  }

  /// A store that is missing is no failure of the task.
  static int exit_code_of(const std::exception_ptr& thrown) {
    try {
      if (thrown) std::rethrow_exception(thrown);
    } catch (const Error& error) {
      const bool is_ours =
          error.code() == ErrorCode::kUnavailable || error.code() == ErrorCode::kConfiguration;
      return is_ours ? exit_code(error.code()) : 1;
    } catch (...) {
      return 1;
    }
    return 1;
  }

  void print(Context& context, const HereResult& result) const {
    if (context.json()) {
      JsonLine line;
      line.text("task", task_->name)
          .text("state", state_of(result.end.outcome))
          .text_or_null("cause", result.end.cause)
          .raw("error", result.end.error)
          .raw("output", result.end.output);
      context.output().line(line.str());
    } else if (!result.end.output.empty()) {
      context.output().line(result.end.output);
    }
  }

  std::string task_name_;
  bool run_once_ = true;
  const detail::TaskDeclaration* task_ = nullptr;
  std::optional<ArgumentOptions> arguments_;
  std::optional<std::vector<std::string>> program_;  // of `run -- COMMAND`
  std::vector<std::string> given_;                   // the same, as the line was read
  std::chrono::nanoseconds timeout_{0};
};

}  // namespace

CommandEntry run_entry() {
  return {
      .text =
          {.name = "run",
           .summary = "Run a task now, in this process, without a queue; or any program",
           .description =
               "The task's arguments are options: --width 400; a switch also has a --no- form, and "
               "a "
               "list's option is repeated. What the task returns is printed as one line of JSON, "
               "behind what it printed itself; nothing for a task that returns nothing. With "
               "--json "
               "the line is an object with task, state, cause, error and output.\n\n"
               "A task that the settings declare as a command prints to this terminal, and so "
               "does any program in `run [--timeout DURATION] -- COMMAND...`: that ends with the "
               "program's own exit code, with 128 and the number of the signal that it died of, or "
               "with 75 if it took too long. SIGINT and SIGTERM are handed on; 5 s later, or at a "
               "second one, everything that the program has started is killed.\n\n"
               "No store is opened unless the task asks for one. SIGINT and SIGTERM ask the task "
               "to "
               "stop; a second one ends the program at once.",
           .examples = {{"run hello.world --run-once", "with the arguments' defaults"},
                        {"run hello.world --name Moon", "with an argument"},
                        {"run hello.world --help", "the task's own options"},
                        {"run --timeout 1h -- rsync -a src/ backup:dst/",
                         "a program, with all that it starts gone after an hour"}},
           .exit_codes = {{0, "the task returned"},
                          {1, "the task failed"},
                          {3, "this program has no such task"},
                          {75, "the task put itself off (Snooze); the program took too long"},
                          {126, "the program cannot be executed"},
                          {127, "there is no such program"},
                          {130, "stopped by SIGINT"},
                          {143, "stopped by SIGTERM"}}},
      .make = []() -> std::unique_ptr<Command> { return std::make_unique<Run>(); }};
}

}  // namespace stint::cli
