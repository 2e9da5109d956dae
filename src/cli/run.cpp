// `run`: execute a task now, in this process, without a queue.
#include <optional>
#include <fmt/format.h>
#include "cli/argument_options.hpp"
#include "cli/command.hpp"
#include "cli/context.hpp"
#include "cli/find_task.hpp"
#include "cli/json_line.hpp"
#include "cli/run_here.hpp"
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
    options.positional("TASK", task_name_, "the task's full name: module.task");
    options.flag({"--run-once"}, run_once_, "run it once and end").default_text =
        "always so in this version";
    declare_later_options(options);
    task_ = find(context.registry(), words);
    if (task_ != nullptr) {
      arguments_.emplace(task_->args);
      arguments_->declare(options);
    }
  }

  int run(Context& context) override {
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
  /// that is a task's name.
  static const detail::TaskDeclaration* find(const Registry& registry,
                                             std::span<const std::string> words) {
    for (const std::string& word : words) {
      if (word == "--") return nullptr;
      if (const detail::TaskDeclaration* task = registry.find_task(word)) return task;
    }
    return nullptr;
  }

  [[noreturn]] void refuse(Context& context) const {
    const std::vector<std::string> known = context.registry().task_names();
    if (known.empty()) {
      throw Error{
          ErrorCode::kNotFound,
          fmt::format("there is no task \"{}\": `{}` has no tasks of its own; run the program "
                      "that declares it, or enqueue it for a worker",
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
};

}  // namespace

CommandEntry run_entry() {
  return {
      .text =
          {.name = "run",
           .summary = "Run a task of this program now, in this process, without a queue",
           .description =
               "The task's arguments are options: --width 400; a switch also has a --no- form, and "
               "a "
               "list's option is repeated. What the task returns is printed as one line of JSON, "
               "behind what it printed itself; nothing for a task that returns nothing. With "
               "--json "
               "the line is an object with task, state, cause, error and output.\n\n"
               "No store is opened unless the task asks for one. SIGINT and SIGTERM ask the task "
               "to "
               "stop; a second one ends the program at once.",
           .examples = {{"run hello.world --run-once", "with the arguments' defaults"},
                        {"run hello.world --name Moon", "with an argument"},
                        {"run hello.world --help", "the task's own options"}},
           .exit_codes = {{0, "the task returned"},
                          {1, "the task failed"},
                          {3, "this program has no such task"},
                          {75, "the task put itself off (Snooze)"},
                          {130, "stopped by SIGINT"},
                          {143, "stopped by SIGTERM"}}},
      .make = []() -> std::unique_ptr<Command> { return std::make_unique<Run>(); }};
}

}  // namespace stint::cli
