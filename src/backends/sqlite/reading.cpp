#include "backends/sqlite/reading.hpp"
#include <algorithm>
#include <functional>
#include <limits>
#include "core/filter_check.hpp"
#include "stint_generated/sqlite_sql.hpp"

namespace stint::sqlite {
namespace {

constexpr std::int64_t kEndOfIds = std::numeric_limits<std::int64_t>::max();
constexpr std::uint32_t kAnyState = 0xffff'ffff;

constexpr std::uint32_t bit(JobState state) { return 1U << static_cast<unsigned>(state); }
constexpr std::uint32_t kFinalStates =
    bit(JobState::kDone) | bit(JobState::kFailed) | bit(JobState::kAborted);

std::uint32_t mask_of(const std::vector<JobState>& states) {
  if (states.empty()) return kAnyState;
  std::uint32_t mask = 0;
  for (const JobState state : states) mask |= bit(state);
  return mask;
}

/// Which ids to list: from `first` to below `end`.
struct IdRange {
  std::int64_t first = 1;
  std::int64_t end = kEndOfIds;
};

JobRecord read_record(const Query& row) {
  JobRecord job{.id = JobId{row.int64(0)},
                .task = row.text(1),
                .state = static_cast<JobState>(row.integer(2)),
                .domain = row.text(3),
                .node = row.text(4),
                .priority = row.integer(5),
                .args = row.text(6),
                .metadata = row.text(7),
                .tags = {},
                .idempotency_key = row.text(9),
                .attempts = row.integer(10),
                .failures = row.integer(11),
                .crashes = row.integer(12),
                .interruptions = row.integer(13),
                .max_attempts = row.integer(14),
                .timeout = milliseconds{row.int64(15)},
                .epoch = Epoch{row.int64(16)},
                .created_at = row.time(17),
                .run_at = row.time(18),
                .started_at = row.optional_time(19),
                .finished_at = row.optional_time(20),
                .worker = WorkerId{row.int64(21)},
                .progress = {},
                .progress_message = row.text(23),
                .cause = row.text(24),
                .error = row.text(25),
                .output = row.text(26)};
  if (!row.is_null(22)) job.progress = row.real(22);
  return job;
}

std::vector<std::string> split_tags(Connection& connection, const std::string& tags) {
  std::vector<std::string> result;
  Query query = connection.use(sql::split_tags);
  query.bind(tags);
  while (query.step()) result.push_back(query.text(0));
  return result;
}

void append_jobs(std::vector<JobRecord>& jobs, Connection& connection, const SqlFile& statement,
                 const JobFilter& filter, const IdRange& ids, std::int64_t now) {
  std::optional<std::int64_t> created_from;
  if (filter.created_within) created_from = now - microseconds{*filter.created_within}.count();
  Query query = connection.use(statement);
  query.bind(now, mask_of(filter.states), null_if_empty(filter.task), null_if_empty(filter.domain),
             null_if_empty(filter.tag), created_from, ids.first, ids.end, filter.limit);
  while (query.step()) {
    jobs.push_back(read_record(query));
    if (!query.is_null(8)) jobs.back().tags = split_tags(connection, query.text(8));
  }
}

std::vector<JobRecord> list_range(Connection& connection, const JobFilter& filter,
                                  const IdRange& ids, std::int64_t now) {
  std::vector<JobRecord> jobs;
  const std::uint32_t mask = mask_of(filter.states);
  if ((mask & ~kFinalStates) != 0) {
    append_jobs(jobs, connection, sql::list_live_jobs, filter, ids, now);
  }
  if ((mask & kFinalStates) != 0) {
    append_jobs(jobs, connection, sql::list_finished_jobs, filter, ids, now);
  }
  std::ranges::sort(jobs, std::ranges::greater{}, &JobRecord::id);
  const auto limit = static_cast<std::size_t>(std::max(filter.limit, 0));
  if (jobs.size() > limit) jobs.resize(limit);
  return jobs;
}

/// Return the lowest id down to which the filter's tables may be looked at; 1: all of them.
std::int64_t find_end(Connection& connection, const JobFilter& filter, std::int64_t before) {
  const std::uint32_t mask = mask_of(filter.states);
  Query query = connection.use(sql::list_end);
  query.bind(before, std::max(filter.most_looked_at, 1) - 1);
  query.step();
  std::int64_t end = 1;
  if ((mask & ~kFinalStates) != 0 && !query.is_null(0)) end = std::max(end, query.int64(0));
  if ((mask & kFinalStates) != 0 && !query.is_null(1)) end = std::max(end, query.int64(1));
  return end;
}

}  // namespace

JobPage list_page(Connection& connection, const JobFilter& filter, std::int64_t now) {
  check_filter(filter);
  if (filter.limit <= 0) return {};
  const std::int64_t before = filter.before ? filter.before.value : kEndOfIds;
  const std::int64_t end = find_end(connection, filter, before);
  JobPage page{.jobs = list_range(connection, filter, {.first = end, .end = before}, now),
               .next = {}};
  if (std::ssize(page.jobs) == filter.limit) {
    page.next = page.jobs.back().id;
  } else if (end > 1) {
    page.next = JobId{end};
  }
  return page;
}

std::optional<JobRecord> find_job(Connection& connection, JobId id, std::int64_t now) {
  if (!id || id.value == kEndOfIds) return std::nullopt;
  std::vector<JobRecord> jobs =
      list_range(connection, {.limit = 1}, {.first = id.value, .end = id.value + 1}, now);
  if (jobs.empty()) return std::nullopt;
  return std::move(jobs.front());
}

std::optional<JobState> find_state(Connection& connection, JobId id, std::int64_t now) {
  Query query = connection.use(sql::job_states);
  if (!query.bind(id.value, now).step()) return std::nullopt;
  return static_cast<JobState>(query.integer(0));
}

std::vector<AttemptRecord> list_attempts(Connection& connection, JobId id) {
  std::vector<AttemptRecord> attempts;
  Query query = connection.use(sql::list_attempts);
  query.bind(id.value);
  while (query.step()) {
    attempts.push_back({.attempt = query.integer(0),
                        .epoch = Epoch{query.int64(1)},
                        .worker = WorkerId{query.int64(2)},
                        .started_at = query.optional_time(3),
                        .ended_at = query.time(4),
                        .cause = query.text(5),
                        .error = query.text(6)});
  }
  return attempts;
}

std::vector<std::string> load_attachments(Connection& connection, JobId id,
                                          Store::Attachments which) {
  std::vector<std::string> attachments;
  Query query = connection.use(sql::list_attachments);
  query.bind(id.value, static_cast<int>(which));
  while (query.step()) attachments.push_back(query.text(0));
  return attachments;
}

std::vector<JobLogLine> read_log(Connection& connection, JobId id, std::int64_t from, int limit) {
  std::vector<JobLogLine> lines;
  Query query = connection.use(sql::read_log);
  query.bind(id.value, from, limit);
  while (query.step()) {
    lines.push_back({.number = query.int64(0),
                     .attempt = query.integer(1),
                     .level = static_cast<LogLevel>(query.integer(2)),
                     .source = static_cast<LogSource>(query.integer(5)),
                     .at = query.time(3),
                     .text = query.text(4)});
  }
  return lines;
}

JobRequests job_requests(Connection& connection, WorkerId worker) {
  JobRequests requests;
  Query query = connection.use(sql::job_requests);
  query.bind(worker.value);
  while (query.step()) {
    const JobId id{query.int64(0)};
    const Epoch epoch{query.int64(1)};
    if (query.integer(2) != 0) {
      requests.aborts.push_back({.id = id, .epoch = epoch, .message = query.text(3)});
    }
    if (!query.is_null(4)) {
      requests.stacks.push_back({.id = id, .epoch = epoch, .look = query.integer(4)});
    }
  }
  return requests;
}

std::vector<TaskRecord> list_tasks(Connection& connection) {
  std::vector<TaskRecord> tasks;
  Query query = connection.use(sql::list_tasks);
  while (query.step()) {
    tasks.push_back(
        {.name = query.text(0), .specification = query.text(1), .registered_at = query.time(2)});
  }
  return tasks;
}

}  // namespace stint::sqlite
