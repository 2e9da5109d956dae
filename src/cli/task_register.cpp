// `task register`: tell the store of this program's tasks.
#include <fmt/format.h>
#include "app/environment.hpp"
#include "app/task_records.hpp"
#include "cli/command.hpp"
#include "cli/context.hpp"
#include "cli/json_line.hpp"
#include "core/registry.hpp"
#include "core/store.hpp"
#include "stint/error.hpp"

namespace stint::cli {
namespace {

class TaskRegister final : public Command {
 public:
  void declare(OptionTable& /*options*/, Context& /*context*/,
               std::span<const std::string> /*words*/) override {}

  int run(Context& context) override {
    const std::vector<TaskRecord> records =
        task_records(context.registry(), context.environment()->enqueue_defaults());
    if (records.empty()) {
      throw Error{ErrorCode::kNotFound,
                  fmt::format("{} has no tasks: neither modules nor [tasks] in the settings",
                              context.program())};
    }
    context.store().register_tasks(records);
    for (const TaskRecord& record : records) {
      if (context.json()) {
        JsonLine line;
        line.text("name", record.name);
        context.output().line(line.str());
      } else {
        context.output().line(record.name);
      }
    }
    return 0;
  }
};

}  // namespace

CommandEntry task_register_entry() {
  return {
      .text = {.name = "task register",
               .summary = "Tell the store of this program's tasks",
               .description =
                   "What a worker does when it starts: from then on other programs and SQL can "
                   "enqueue them, with their arguments checked and their defaults filled in. Tasks "
                   "that the settings declare count too. Prints their names.",
               .examples = {{"task register", "after a new version, before its workers start"}},
               .exit_codes = {{3, "this program has no tasks"}}},
      .make = []() -> std::unique_ptr<Command> { return std::make_unique<TaskRegister>(); }};
}

}  // namespace stint::cli
