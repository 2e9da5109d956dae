/// What no filter of jobs may hold.
#pragma once
#include "core/job_records.hpp"

namespace stint {

/// Refuse a filter whose text no job can have. Throws Error kInvalid that names it.
void check_filter(const JobFilter& filter);
void check_filter(const PurgeFilter& filter);

}  // namespace stint
