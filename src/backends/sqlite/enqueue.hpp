/// Insert jobs.
#pragma once
#include <span>
#include <string_view>
#include <vector>
#include "backends/sqlite/writer.hpp"

namespace stint::sqlite {

std::vector<Enqueued> enqueue_jobs(Transaction& transaction, std::span<const NewJob> jobs);

/// Give away the next number of a sequence ("job", "worker").
std::int64_t next_number(Connection& connection, std::string_view sequence);

}  // namespace stint::sqlite
