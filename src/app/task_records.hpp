/// This program's tasks, as a store keeps them.
#pragma once
#include <vector>
#include "core/job_records.hpp"
#include "core/registry.hpp"

namespace stint {

/// Describe all tasks, in the order of their names.
std::vector<TaskRecord> task_records(const Registry& registry);

}  // namespace stint
