#include "cli/find_task.hpp"
#include <fmt/format.h>
#include "base/nearest.hpp"
#include "cli/context.hpp"
#include "core/arguments.hpp"
#include "core/store.hpp"
#include "stint/error.hpp"

namespace stint::cli {

Error unknown_task(std::string_view name, const std::vector<std::string>& known,
                   std::string_view way_out) {
  return Error{ErrorCode::kNotFound, fmt::format("there is no task \"{}\"{}; {}", name,
                                                 did_you_mean(name, known), way_out)};
}

std::shared_ptr<const detail::TaskDeclaration> find_task(Context& context, std::string_view name) {
  const Registry& registry = context.registry();
  if (const detail::TaskDeclaration* own = registry.find_task(name)) {
    return {std::shared_ptr<const void>{}, own};  // the registry lives as long as the context
  }
  std::vector<std::string> known = registry.task_names();
  for (const TaskRecord& record : context.store().list_tasks()) {
    if (record.name == name) {
      return std::make_shared<const detail::TaskDeclaration>(task_from_specification(
          name, parse_json(record.specification, "the registered specification")));
    }
    known.push_back(record.name);
  }
  throw unknown_task(
      name, known,
      fmt::format("neither this program nor a worker of {} has registered it (`{} task list` shows "
                  "all)",
                  context.store_name(), context.program()));
}

}  // namespace stint::cli
