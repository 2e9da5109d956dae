// `task list`: the tasks that this program has and those that workers have registered.
#include <map>
#include <fmt/format.h>
#include "cli/command.hpp"
#include "cli/context.hpp"
#include "cli/json_line.hpp"
#include "cli/table.hpp"
#include "core/arguments.hpp"
#include "core/registry.hpp"
#include "core/store.hpp"
#include "stint/error.hpp"

namespace stint::cli {
namespace {

struct Row {
  json specification;
  bool is_own = false;
  bool is_registered = false;
};

std::string text_of(const json& specification, const char* key) {
  const auto found = specification.find(key);
  return found != specification.end() && found->is_string() ? found->get<std::string>() : "";
}

class TaskList final : public Command {
 public:
  void declare(OptionTable& /*options*/, Context& /*context*/,
               std::span<const std::string> /*words*/) override {}

  int run(Context& context) override {
    std::map<std::string, Row> rows;
    add_registered(context, rows);
    for (const auto& [name, task] : context.registry().tasks()) {
      Row& row = rows[name];
      row.specification = specification(task);
      row.is_own = true;
    }
    context.json() ? print_json(context, rows) : print_table(context, rows);
    return 0;
  }

 private:
  static void add_registered(Context& context, std::map<std::string, Row>& rows) {
    try {
      for (const TaskRecord& record : context.store().list_tasks()) {
        rows[record.name] = {.specification = parse_json(record.specification, record.name),
                             .is_registered = true};
      }
    } catch (const Error& error) {
      // A program's own tasks are known whatever becomes of the store.
      if (context.registry().tasks().empty()) throw;
      context.note(
          fmt::format("{}: only this program's own tasks: {}", context.program(), error.what()));
    }
  }

  static void print_json(Context& context, const std::map<std::string, Row>& rows) {
    for (const auto& [name, row] : rows) {
      JsonLine line;
      line.text("name", name)
          .boolean("own", row.is_own)
          .boolean("registered", row.is_registered)
          .raw("specification", row.specification.dump());
      context.output().line(line.str());
    }
  }

  static void print_table(Context& context, const std::map<std::string, Row>& rows) {
    Table table{{{.title = "TASK"},
                 {.title = "DOMAIN"},
                 {.title = "FROM"},
                 {.title = "DOC", .is_flexible = true}}};
    for (const auto& [name, row] : rows) {
      table.add({{.text = name},
                 {.text = text_of(row.specification, "domain")},
                 {.text = row.is_own ? "this program" : "the store"},
                 {.text = text_of(row.specification, "doc")}});
    }
    table.print(context.output(), context.terminal());
  }
};

}  // namespace

CommandEntry task_list_entry() {
  return {.text = {.name = "task list",
                   .summary = "List this program's tasks and those that workers have registered",
                   .description = "FROM tells who has the task: this program, or the store, in "
                                  "which a worker of another program has registered it.",
                   .examples = {{"task list", "what can be enqueued"}}},
          .make = []() -> std::unique_ptr<Command> { return std::make_unique<TaskList>(); }};
}

}  // namespace stint::cli
