/// What helpers of tests tell about the jobs that are not done.
#pragma once
#include <functional>
#include <string>
#include "core/store.hpp"

namespace stint {

/// Say more about a job that has not ended; may return nothing.
using ExplainJob = std::function<std::string(const JobRecord&)>;

/// Tell about each job that is not done, 20 at most, the newest first: its state, its last error,
/// its log.
std::string describe_unfinished(Store& store, const ExplainJob& explain = {});

}  // namespace stint
