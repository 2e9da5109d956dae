/// What people do to jobs.
#pragma once
#include <cstdint>
#include <span>
#include <vector>
#include "backends/sqlite/writer.hpp"
#include "core/job_operations.hpp"

namespace stint::sqlite {

// One result for each job, in order; see Store.
std::vector<OperationResult> retry_jobs(Transaction& transaction, std::span<const JobId> ids,
                                        RetryOf which);
std::vector<OperationResult> update_jobs(Transaction& transaction,
                                         std::span<const JobUpdate> updates);
std::vector<OperationResult> delete_jobs(Transaction& transaction, std::span<const JobId> ids);

std::vector<std::int64_t> count_log_lines(Connection& connection, std::span<const JobId> ids);

}  // namespace stint::sqlite
