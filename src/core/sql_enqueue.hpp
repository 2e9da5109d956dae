/// A planned job as the values of a call by SQL.
#pragma once
#include <string>
#include <vector>
#include "core/job_records.hpp"

namespace stint {

/// Return the values of a call `enqueue(task text, args jsonb, options jsonb)`, in ASCII: no
/// encoding of a connection matters. Everything that the plan says is given, so that the store's
/// defaults decide nothing. Throws Error kInvalid for a job with attachments.
std::vector<std::string> sql_enqueue_values(const NewJob& job);

}  // namespace stint
