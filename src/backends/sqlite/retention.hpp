/// Remove what is past.
#pragma once
#include <cstdint>
#include <vector>
#include "backends/sqlite/writer.hpp"

namespace stint::sqlite {

/// Find up to `filter.limit` finished (and, asked for, waiting) jobs to remove. Needs no turn.
std::vector<JobId> find_purgeable(Connection& connection, const PurgeFilter& filter,
                                  std::int64_t now);
/// Remove those of these jobs that are not in a worker's hands, with all that belongs to them.
/// Returns how many.
int remove_jobs(Transaction& transaction, std::span<const JobId> ids);

int purge_workers(Transaction& transaction, milliseconds older_than);

}  // namespace stint::sqlite
