#include "app/task_records.hpp"
#include "base/duration.hpp"

namespace stint {

namespace {

json with_defaults(const detail::TaskDeclaration& task, const EnqueueDefaults& defaults) {
  json result = specification(task);
  if (!task.options.retry.max_attempts && defaults.max_attempts != EnqueueDefaults{}.max_attempts) {
    result["retry"]["max_attempts"] = defaults.max_attempts;
    result["retry"][kAttemptsAreDefault] = true;
  }
  if (task.options.timeout.count() == 0 && defaults.timeout.count() > 0) {
    result["timeout"] = format_duration(defaults.timeout);
    result[kTimeoutIsDefault] = true;
  }
  return result;
}

}  // namespace

std::vector<TaskRecord> task_records(const Registry& registry, const EnqueueDefaults& defaults) {
  std::vector<TaskRecord> records;
  records.reserve(registry.tasks().size());
  for (const auto& [name, task] : registry.tasks()) {
    records.push_back({.name = name, .specification = with_defaults(task, defaults).dump()});
  }
  return records;
}

}  // namespace stint
