/// The options that say which jobs a command is about.
#pragma once
#include "cli/options.hpp"
#include "core/job_records.hpp"

namespace stint::cli {

/// Add --state, --task, --domain, --tag and --since, bound to `filter`, which must outlive the
/// table.
void declare_job_filter(OptionTable& options, JobFilter& filter);

/// Tell whether any of them was given.
bool has_job_filter(const JobFilter& filter);

}  // namespace stint::cli
