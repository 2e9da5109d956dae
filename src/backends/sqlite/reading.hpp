/// Read jobs, their history, bytes and logs. Needs no turn.
#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <vector>
#include "backends/sqlite/connection.hpp"
#include "core/store.hpp"

namespace stint::sqlite {

JobPage list_page(Connection& connection, const JobFilter& filter, std::int64_t now);
std::optional<JobRecord> find_job(Connection& connection, JobId id, std::int64_t now);
std::optional<JobState> find_state(Connection& connection, JobId id, std::int64_t now);
std::vector<AttemptRecord> list_attempts(Connection& connection, JobId id);
std::vector<std::string> load_attachments(Connection& connection, JobId id,
                                          Store::Attachments which);
std::vector<JobLogLine> read_log(Connection& connection, JobId id, std::int64_t from, int limit);
JobRequests job_requests(Connection& connection, WorkerId worker);
std::vector<TaskRecord> list_tasks(Connection& connection);

}  // namespace stint::sqlite
