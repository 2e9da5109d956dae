/// How the queue on PostgreSQL works beside a great many jobs that are none of its business, and
/// while a transaction held open elsewhere keeps the server from cleaning up.
#pragma once
#include <vector>
#include "figure.hpp"
#include "plan.hpp"

namespace stint::bench {

/// Figures over `plan.crowd` jobs (ten times as many finished ones) and `plan.held_seconds`.
std::vector<Figure> postgres_crowd_figures(const Plan& plan);

}  // namespace stint::bench
