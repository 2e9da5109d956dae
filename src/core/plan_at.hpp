/// Plan a job at a time of one's own choice, which is what tests need.
#pragma once
#include "base/clock.hpp"
#include "core/enqueue_plan.hpp"

namespace stint {

/// The same as `plan_job`, which is told the time by the real clock: against it dates are resolved.
NewJob plan_job_at(const Clock& clock, std::string_view task_name,
                   const detail::TaskDeclaration* task, const json& args,
                   const EnqueueOptions& options, const EnqueueDefaults& defaults);

}  // namespace stint
