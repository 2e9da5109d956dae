/// Complete executions.
#pragma once
#include <span>
#include <vector>
#include "backends/sqlite/writer.hpp"

namespace stint::sqlite {

/// End executions by the rules of the job's life; those whose (id, epoch) no longer runs are
/// fenced.
std::vector<WriteResult> complete_jobs(Transaction& transaction,
                                       std::span<const Completion> completions);

/// Stamp starts and progress of running jobs.
std::vector<WriteResult> report_activities(Transaction& transaction,
                                           std::span<const Activity> activities);

}  // namespace stint::sqlite
