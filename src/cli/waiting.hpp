/// Wait for jobs.
#pragma once
#include <chrono>
#include <functional>
#include <optional>
#include <span>
#include <vector>
#include "core/store.hpp"

namespace stint::cli {

/// What a wait is for.
enum class WaitFor { kRunning, kFinished };

/// Wait until every job has reached it (a final state counts as running too) or `timeout` has
/// passed; return the states they then have. A job that is no longer stored counts as reached.
/// Outages of the store are waited out within the timeout. `on_look`, if given, is called after
/// each look with the number of jobs that are there. Throws Error; a store that does not answer at
/// the first look throws at once.
std::vector<std::optional<JobState>> wait_for_jobs(
    Store& store, std::span<const JobId> ids, WaitFor what,
    std::optional<std::chrono::milliseconds> timeout,
    const std::function<void(std::size_t)>& on_look = {});

/// Tell whether a job in this state has been reached.
bool is_reached(const std::optional<JobState>& state, WaitFor what);

}  // namespace stint::cli
