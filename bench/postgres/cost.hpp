/// What a job costs the server, in counts that no other load changes by much.
#pragma once
#include "figure.hpp"
#include "plan.hpp"

namespace stint::bench {

/// Commits, bytes of the log of changes and row versions for each job: enqueued in bulk, one by
/// one, and executed by a worker.
Figure postgres_cost_figure(const Plan& plan);

}  // namespace stint::bench
