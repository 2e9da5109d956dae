/// What a crash costs a job: the death of the worker, or of the slot process, that ran it.
#pragma once
#include <chrono>
#include "base/backoff.hpp"

namespace stint {

/// A job fails with its so-manyth crash that can have been no other job's doing.
inline constexpr int kCrashLimit = 3;

/// The pause before a crashed job is tried again.
inline constexpr BackoffOptions kCrashPause{.first = std::chrono::seconds{10},
                                            .longest = std::chrono::minutes{10},
                                            .factor = 2,
                                            .jitter = 0.2};

}  // namespace stint
