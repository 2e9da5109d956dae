// `task show`: a task's arguments and options.
#include <fmt/format.h>
#include "base/duration.hpp"
#include "base/url.hpp"
#include "cli/argument_options.hpp"
#include "cli/command.hpp"
#include "cli/context.hpp"
#include "cli/find_task.hpp"
#include "cli/table.hpp"
#include "core/command_task.hpp"
#include "core/declaration_check.hpp"
#include "core/stated_type.hpp"

namespace stint::cli {
namespace {

class TaskShow final : public Command {
 public:
  void declare(OptionTable& options, Context& /*context*/,
               std::span<const std::string> /*words*/) override {
    options.positional("TASK", name_, "the task's full name: module.task");
  }

  int run(Context& context) override {
    const auto task = find_task(context, name_);
    if (context.json()) {
      json object = specification(*task);
      object["name"] = task->name;
      if (task->program) object["command"] = command_words(*task->program);
      context.output().line(object.dump());
      return 0;
    }
    show_options(context, *task);
    show_arguments(context, *task);
    show_returns(context, *task);
    return 0;
  }

 private:
  static json command_words(const CommandSpec& program) {
    json words = json::array();
    for (const ArgumentTemplate& word : program.command) words.push_back(redacted(word.text()));
    return words;
  }

  static void show_options(Context& context, const detail::TaskDeclaration& task) {
    const bool colors = context.terminal().colors_output;
    const auto line = [&](std::string_view name, std::string_view value) {
      if (value.empty()) return;
      context.output().line(fmt::format(
          "{}{}", colored(fmt::format("{:<14}", name), Color::kBold, colors), printable(value)));
    };
    const TaskOptions& options = task.options;
    line("task", task.name);
    line("doc", options.doc);
    if (task.program) line("command", command_words(*task.program).dump());
    if (!options.zone.empty()) line("zone", options.zone);
    line("domain", options.domain);
    line("node", options.node);
    line("priority", std::to_string(options.priority));
    line("timeout",
         options.timeout.count() == 0 ? "[defaults] timeout" : format_duration(options.timeout));
    line("max attempts", options.retry.max_attempts ? std::to_string(*options.retry.max_attempts)
                                                    : "[defaults] max_attempts");
    line("back-off", fmt::format("{}, doubling up to {}", format_duration(options.retry.backoff),
                                 format_duration(options.retry.max_backoff)));
    if (options.at_most_once) line("at most once", "yes");
    if (options.exclusive) line("exclusive", "yes");
    if (options.transaction) line("transaction", "yes");
    if (needs_process(options)) line("isolation", "process");
    if (options.max_memory > 0) line("max memory", fmt::format("{} bytes", options.max_memory));
    if (options.max_cpu.count() > 0) line("max cpu", format_duration(options.max_cpu));
    if (options.max_descriptors > 0) {
      line("max files", fmt::format("{}", options.max_descriptors));
    }
  }

  static void show_arguments(Context& context, const detail::TaskDeclaration& task) {
    if (task.args.empty()) return;
    context.output().line("");
    Table table{{{.title = "ARGUMENT"},
                 {.title = "TYPE"},
                 {.title = "DEFAULT"},
                 {.title = "HELP", .is_flexible = true}}};
    for (const ArgumentSpec& spec : task.args) {
      table.add({{.text = spec.name},
                 {.text = shown_type(spec)},
                 {.text = argument_default(spec)},
                 {.text = argument_help(spec)}});
    }
    table.print(context.output(), context.terminal());
  }

  static void show_returns(Context& context, const detail::TaskDeclaration& task) {
    if (task.returns.empty()) return;
    context.output().line("");
    Table table{{{.title = "RETURNS"}, {.title = "TYPE"}, {.title = "HELP", .is_flexible = true}}};
    for (const ArgumentSpec& spec : task.returns) {
      ArgumentSpec field = spec;
      field.required = false;  // most are: said of those that may be missing
      std::string help = argument_help(field);
      if (!spec.required) help += help.empty() ? "(optional)" : " (optional)";
      table.add({{.text = spec.name.empty() ? "(a value)" : spec.name},
                 {.text = shown_type(spec)},
                 {.text = help}});
    }
    table.print(context.output(), context.terminal());
  }

  static std::string shown_type(const ArgumentSpec& spec) {
    std::string type{stated_name(spec.type)};
    if (spec.type == ArgumentType::kArray && spec.element != ArgumentType::kAny) {
      type += fmt::format(" of {}", stated_name(spec.element));
    }
    if (spec.nullable) type += " or null";
    return type;
  }

  std::string name_;
};

}  // namespace

CommandEntry task_show_entry() {
  return {
      .text = {.name = "task show",
               .summary = "Show a task's arguments, results and options",
               .description =
                   "As this program declares it, else as a worker has registered it in the store. "
                   "With --json, `schema` and `returns` describe the arguments and the output in "
                   "the words of JSON Schema.",
               .examples = {{"task show images.resize", "its arguments, defaults, choices"}},
               .exit_codes = {{3, "there is no such task"}}},
      .make = []() -> std::unique_ptr<Command> { return std::make_unique<TaskShow>(); }};
}

}  // namespace stint::cli
