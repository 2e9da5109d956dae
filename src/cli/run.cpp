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
#include "cli/run_loop.hpp"
#include "cli/run_program.hpp"
#include "cli/run_task.hpp"
#include "cli/runner_options.hpp"
#include "core/registry.hpp"
#include "stint/error.hpp"

namespace stint::cli {
namespace {

constexpr int kPutOffExit = 75;

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
    task_ = task_on_line(context, words);
    const auto separator = std::ranges::find(words, "--");
    if (task_ == nullptr && separator != words.end()) {
      declare_program(options, words.last(static_cast<std::size_t>(words.end() - separator) - 1));
      return;
    }
    options.positional("TASK", task_name_, "the task's full name: module.task");
    line_.declare(options);
    if (task_ != nullptr) {
      arguments_.emplace(task_->args);
      arguments_->declare(options);
    }
  }

  int run(Context& context) override {
    service_ = take_service_request();  // while there is one thread
    if (program_) return run_program(context);
    if (task_ == nullptr || task_name_ != task_->name) refuse(context);
    RunnerChoice choice = choose_runner(line_, context.settings());
    choice.service = service_;
    HereResult last;
    const LoopEnd loop = run_task_here(context,
                                       {.task = *task_,
                                        .args = arguments_->given(),
                                        .lock_name = line_.lock_name,
                                        .choice = choice},
                                       [&](const HereResult& result) {
                                         last = result;
                                         print(context, result);
                                       });
    if (const auto code = exit_code_of(context, loop)) return *code;
    if (last.end.outcome == Outcome::kDone) return 0;
    context.note(fmt::format("{}: error: {}: {}", context.program(), task_->name,
                             printable(failure_text(last.end))));
    if (last.end.outcome == Outcome::kSnoozed) return kPutOffExit;
    return exit_code_of(last.code);
  }

 private:
  void declare_program(OptionTable& options, std::span<const std::string> command) {
    program_.emplace(command.begin(), command.end());
    options.positionals("COMMAND", given_, "the program and its arguments, behind --").is_required =
        false;
    options.add({.names = {"--timeout"},
                 .value = "DURATION",
                 .help = "end it after this time",
                 .default_text = "none",
                 .set = [this](std::string_view text) { timeout_ = read_duration(text); }});
    line_.declare(options);
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
    const Settings& settings = context.settings();
    ProgramLine program{.command = *program_, .timeout = timeout_, .name = lock_name(settings)};
    RunnerChoice choice = choose_runner(line_, settings);
    choice.service = service_;
    if (program.name.empty() && !line_.asks_for_runner() && !choice.settings_ask) {
      // As before a pipe or in a script: nothing but this one run.
      choice.rules = {.run_once = true};
      choice.disable_one_instance = true;
    }
    const bool needs_name = settings.get<std::string>("one_instance.backend") != "dummy";
    if (program.name.empty() && needs_name && !choice.disable_one_instance) {
      throw Error{ErrorCode::kUsage,
                  "a command has no name for its lock: give one with --lock-name NAME, or run it "
                  "without a lock, --disable-one-instance"};
    }
    return run_program_here(context, program, choice);
  }

  /// The key in the settings may stand for one command; where it holds `{task}`, there is no task
  /// to put in.
  std::string lock_name(const Settings& settings) const {
    if (!line_.lock_name.empty()) return line_.lock_name;
    const std::string key =
        fmt::format("one_instance.{}.key", settings.get<std::string>("one_instance.backend"));
    const std::string name = settings.find<std::string>(key).value_or("");
    return name.find("{task}") == std::string::npos ? name : std::string{};
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
  static int exit_code_of(std::optional<ErrorCode> thrown) {
    const bool is_ours = thrown == ErrorCode::kUnavailable || thrown == ErrorCode::kConfiguration;
    return is_ours ? exit_code(*thrown) : 1;
  }
  static std::optional<int> exit_code_of(Context& context, const LoopEnd& end) {
    return cli::exit_code_of(context, end);
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
    context.output().flush();  // it may be long until the next
  }

  std::string task_name_;
  RunnerLine line_;
  const detail::TaskDeclaration* task_ = nullptr;
  std::optional<ArgumentOptions> arguments_;
  std::optional<std::vector<std::string>> program_;  // of `run -- COMMAND`
  std::vector<std::string> given_;                   // the same, as the line was read
  std::chrono::nanoseconds timeout_{0};
  ServiceRequest service_;
};

}  // namespace

CommandEntry run_entry() {
  return {
      .text =
          {.name = "run",
           .summary = "Run a task, or any program, on one machine at a time, once or in a loop",
           .description =
               "Runs the task without a queue, again and again unless --run-once says otherwise, "
               "and only while this process holds the task's lock: of all that are started on all "
               "machines, one is active. Each option is also a setting and an environment variable "
               "(STINT_RUN_ONCE): the line wins over the environment, that over the file; an "
               "interval turns off a run_once of a lower source.\n\n"
               "The task's arguments are options: --width 400; a switch also has a --no- form, and "
               "a list's option is repeated. It runs in a process of its own. What it returns is "
               "printed as one line of JSON, behind what it printed itself; nothing for a task "
               "that returns nothing. With --json the line is an object with task, state, cause, "
               "error and output.\n\n"
               "A task that the settings declare as a command prints to this terminal, and so "
               "does any program in `run -- COMMAND...`. Without an option of the runner and "
               "without a name for its lock, such a program is run once, under no lock. Once, it "
               "ends with the program's own exit code, with 128 and the number of the signal that "
               "it died of, or with 75 if it took longer than --timeout DURATION, which goes with "
               "programs alone. It finds the lock's token in STINT_FENCING_TOKEN. Its --json line "
               "has command, exit_code, signal, timed_out, cpu_seconds and peak_memory.\n\n"
               "SIGINT and SIGTERM ask the task to stop; what does not end within [worker] grace, "
               "or until a second signal, is killed with all that it started. Then the lock is "
               "given back.",
           .examples = {{"run hello.world --run-once", "with the arguments' defaults"},
                        {"run hello.world --name Moon --run-once", "with an argument"},
                        {"run hello.world --run-interval 60 --keep-lock",
                         "every minute, on one machine as long as that lives"},
                        {"run hello.world --help", "the task's own options"},
                        {"run --timeout 1h -- rsync -a src/ backup:dst/",
                         "a program, with all that it starts gone after an hour"},
                        {"run --lock-name backup --run-once -- pg_dump -f db.sql",
                         "a program, unless it runs already"}},
           .exit_codes = {{0, "the task returned"},
                          {1, "the task failed"},
                          {3, "this program has no such task"},
                          {5, "once: the lock was lost while the task ran"},
                          {69, "once: the server of the lock does not answer"},
                          {75,
                           "once: another one holds the lock; the task put itself off (Snooze); "
                           "the program took too long"},
                          {126, "the program cannot be executed"},
                          {127, "there is no such program"},
                          {130, "stopped by SIGINT"},
                          {143, "stopped by SIGTERM"}}},
      .make = []() -> std::unique_ptr<Command> { return std::make_unique<Run>(); }};
}

}  // namespace stint::cli
