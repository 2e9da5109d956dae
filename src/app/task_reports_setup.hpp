/// Make what takes the reports of tasks from what a program has.
#pragma once
#include <memory>
#include "app/environment.hpp"
#include "runtime/task_reports.hpp"

namespace stint {

/// As `[liveness]` and `[metrics]` say; connects to nothing yet. Throws ConfigurationError.
std::shared_ptr<TaskReports> make_task_reports(const std::shared_ptr<Environment>& environment);

}  // namespace stint
