/// The statements that insert jobs.
#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <vector>
#include "backends/postgres/connection.hpp"
#include "core/job_records.hpp"

namespace stint::postgres {

/// Make the commands that insert the jobs under these ids, in one transaction; large calls are cut
/// into several statements. `now`: the tests' time. Sent once more, those of jobs with keys change
/// nothing; the others may fail with a unique violation, and change nothing either.
std::vector<Command> enqueue_commands(std::span<const NewJob> jobs,
                                      std::span<const std::int64_t> ids,
                                      std::optional<StoreTime> now);

/// Tell whether any of the jobs has an idempotency key.
bool has_keys(std::span<const NewJob> jobs);

/// Make the command that reads which jobs have the keys of these.
Command find_keys_command(std::span<const NewJob> jobs);

}  // namespace stint::postgres
