/// Why a job waits that nobody has claimed.
#pragma once
#include <vector>
#include "core/explain_job.hpp"

namespace stint {

/// Explain a job that is queued, scheduled or gated. Never empty.
std::vector<Reason> explain_waiting(const ExplainFacts& facts);

}  // namespace stint
