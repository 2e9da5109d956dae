/// Turn a task, arguments and options into the job to insert: the one place where these rules
/// stand.
#pragma once
#include <chrono>
#include <string>
#include <string_view>
#include "core/job_records.hpp"
#include "core/payload.hpp"
#include "core/registry.hpp"

namespace stint {

/// What the settings say for every job.
struct EnqueueDefaults {
  int max_attempts = 1;
  milliseconds timeout{0};
  PayloadLimits limits = {};
};

/// Check and complete one job. `task` is the declaration if this program has it, or what
/// `task_from_specification` made of a registered one; without it arguments are checked when a
/// worker takes the job. Throws Error kInvalid naming task, argument, cause and the way out: bad
/// names, arguments, ranges, sizes, text.
NewJob plan_job(std::string_view task_name, const detail::TaskDeclaration* task, const json& args,
                const EnqueueOptions& options, const EnqueueDefaults& defaults);

/// The library's own idempotency keys begin so; the client refuses such a key of a user's.
inline constexpr std::string_view kReservedKeyPrefix = "stint:";

/// Make the idempotency key of the n-th child (from 1) that a job enqueues: the same in each
/// attempt.
std::string child_key(JobId parent, int ordinal);

}  // namespace stint
