#include "app/task_records.hpp"

namespace stint {

std::vector<TaskRecord> task_records(const Registry& registry) {
  std::vector<TaskRecord> records;
  records.reserve(registry.tasks().size());
  for (const auto& [name, task] : registry.tasks()) {
    records.push_back({.name = name, .specification = specification(task).dump()});
  }
  return records;
}

}  // namespace stint
