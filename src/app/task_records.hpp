/// This program's tasks, as a store keeps them.
#pragma once
#include <vector>
#include "core/enqueue_plan.hpp"
#include "core/job_records.hpp"
#include "core/registry.hpp"

namespace stint {

/// Describe all tasks, in the order of their names. Where a task leaves its attempts or its timeout
/// to the settings, the description has what `defaults` say, marked as such: those who enqueue by
/// SQL have no settings of their own, and programs that have some do not take it.
std::vector<TaskRecord> task_records(const Registry& registry, const EnqueueDefaults& defaults);

}  // namespace stint
