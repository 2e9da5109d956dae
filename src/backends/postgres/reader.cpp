#include "backends/postgres/reader.hpp"
#include <algorithm>
#include <array>
#include <iterator>
#include <limits>
#include <unordered_map>
#include <utility>
#include "core/filter_check.hpp"
#include "stint_generated/postgres_sql.hpp"

namespace stint::postgres {
namespace {

// Tell scheduled from queued, blocked from gated, aborting from running.
JobState derive_state(const Row& row, std::optional<StoreTime> test_time) {
  constexpr int kState = 2;
  constexpr int kRunAt = 18;
  constexpr int kAbortAt = 27;
  constexpr int kServerTime = 28;
  const auto state = static_cast<JobState>(row.int32(kState));
  const StoreTime now = test_time.value_or(row.time(kServerTime));
  if (state == JobState::kQueued && row.time(kRunAt) > now) return JobState::kScheduled;
  if (state == JobState::kGated) return JobState::kBlocked;
  if (state == JobState::kRunning && !row.is_null(kAbortAt)) return JobState::kAborting;
  return state;
}

// The columns are those of find_job.sql and of the lists.
JobRecord read_record(const Row& row, std::optional<StoreTime> test_time) {
  JobRecord record;
  record.id = JobId{row.int64(0)};
  record.task = row.string(1);
  record.state = derive_state(row, test_time);
  record.domain = row.string(3);
  record.node = row.string(4);
  record.priority = row.int32(5);
  record.args = row.string(6);
  record.metadata = row.string(7);
  record.idempotency_key = row.string(9);
  record.attempts = row.int32(10);
  record.failures = row.int32(11);
  record.crashes = row.int32(12);
  record.interruptions = row.int32(13);
  record.max_attempts = row.int32(14);
  record.timeout = milliseconds{row.int64(15)};
  record.epoch = Epoch{row.int64(16)};
  record.created_at = row.time(17);
  record.run_at = row.time(18);
  record.started_at = row.optional_time(19);
  record.finished_at = row.optional_time(20);
  if (!row.is_null(21)) record.worker = WorkerId{row.int64(21)};
  if (!row.is_null(22)) record.progress = static_cast<double>(row.float32(22));
  record.progress_message = row.string(23);
  record.cause = row.string(24);
  record.error = row.string(25);
  record.output = row.string(26);
  return record;
}

// What leads to the jobs of a list; the numbers are those of list_end.sql.
struct ListLead {
  const SqlFile* statement;
  int number;
};

// The one that leads by the fewest rows.
ListLead lead_of(const JobFilter& filter) {
  const auto all = [&](auto predicate) {
    return !filter.states.empty() && std::ranges::all_of(filter.states, predicate);
  };
  if (all([](JobState state) { return !is_final(state); })) return {&sql::list_live_jobs, 2};
  if (all([](JobState state) { return is_final(state) && state != JobState::kDone; })) {
    return {&sql::list_failed_jobs, 4};
  }
  // Tasks and tags stand with what was asked for: to fetch that for each that has ended takes 60
  // times as long as to read it in its order.
  if (filter.task.empty() && filter.tag.empty() && all(is_final)) return {&sql::list_ended_jobs, 3};
  return {&sql::list_jobs, 1};
}

}  // namespace

std::vector<JobRecord> Reader::read_records(const Result& result) {
  constexpr int kTags = 8;
  const auto test_time = database_.test_time();
  std::vector<JobRecord> records;
  std::vector<JobId> tagged;
  for (int i = 0; i < result.rows(); ++i) {
    const Row row = result.row(i);
    records.push_back(read_record(row, test_time));
    if (!row.is_null(kTags)) tagged.push_back(records.back().id);
  }
  if (!tagged.empty()) add_tags(records, tagged);
  return records;
}

void Reader::add_tags(std::vector<JobRecord>& records, const std::vector<JobId>& tagged) {
  Column ids = Column::int64s(tagged.size());
  for (const JobId id : tagged) ids.add(id.value);
  Parameters parameters;
  parameters.add(std::move(ids));
  const Result result = database_.run(sql::split_tags, std::move(parameters));
  std::unordered_map<std::int64_t, std::vector<std::string>> tags;
  for (int i = 0; i < result.rows(); ++i) {
    tags[result.row(i).int64(0)].push_back(result.row(i).string(1));
  }
  for (JobRecord& record : records) {
    const auto found = tags.find(record.id.value);
    if (found != tags.end()) record.tags = std::move(found->second);
  }
}

std::optional<JobRecord> Reader::find_job(JobId id) {
  Parameters parameters;
  parameters.add(id);
  std::vector<JobRecord> records =
      read_records(database_.run(sql::find_job, std::move(parameters)));
  if (records.empty()) return std::nullopt;
  return std::move(records.front());
}

JobPage Reader::list_page(const JobFilter& filter) {
  check_filter(filter);
  if (filter.limit <= 0) return {};
  const std::int64_t before =
      filter.before ? filter.before.value : std::numeric_limits<std::int64_t>::max();
  const ListLead lead = lead_of(filter);
  const ListRange first{.before = before, .most = filter.most_looked_at};
  JobPage page{.jobs = list_range(filter, *lead.statement, first), .next = {}};
  if (std::ssize(page.jobs) < filter.limit) {
    const std::optional<JobId> end = list_end(before, filter.most_looked_at, lead.number);
    if (!end) return page;
    // Jobs came and went between the two: look at just what is said to have been looked at.
    page.jobs = list_range(filter, *lead.statement, {.before = before, .from = end->value});
    page.next = end;
  }
  if (std::ssize(page.jobs) == filter.limit) page.next = page.jobs.back().id;
  return page;
}

std::vector<JobRecord> Reader::list_range(const JobFilter& filter, const SqlFile& statement,
                                          const ListRange& range) {
  Parameters parameters;
  parameters.add(database_.test_time());
  if (filter.states.empty()) {
    parameters.add_null(oid::kInt2Array);
  } else {
    Column states = Column::int16s(filter.states.size());
    for (const JobState state : filter.states) states.add(static_cast<std::int16_t>(state));
    parameters.add(std::move(states));
  }
  parameters.add_or_null(filter.task).add_or_null(filter.domain).add_or_null(filter.tag);
  if (filter.created_within) {
    parameters.add(static_cast<std::int64_t>(filter.created_within->count()));
  } else {
    parameters.add_null(oid::kInt8);
  }
  parameters.add(range.before).add(filter.limit);
  if (range.most) {
    parameters.add(*range.most);
  } else {
    parameters.add_null(oid::kInt4);
  }
  parameters.add(range.from);
  const std::array<Command, 2> commands{Command{&sql::prefer_order, {}},
                                        Command{&statement, std::move(parameters)}};
  return read_records(database_.run(commands, Resend::kAllowed).back());
}

std::optional<JobId> Reader::list_end(std::int64_t before, int most, int lead) {
  Parameters parameters;
  parameters.add(before).add(std::int64_t{most} - 1).add(lead);
  const std::array<Command, 2> commands{Command{&sql::prefer_order, {}},
                                        Command{&sql::list_end, std::move(parameters)}};
  const Result end = std::move(database_.run(commands, Resend::kAllowed).back());
  if (end.empty()) return std::nullopt;
  return JobId{end.row(0).int64(0)};
}

std::vector<AttemptRecord> Reader::list_attempts(JobId id) {
  Parameters parameters;
  parameters.add(id);
  const Result result = database_.run(sql::list_attempts, std::move(parameters));
  std::vector<AttemptRecord> attempts;
  for (int i = 0; i < result.rows(); ++i) {
    const Row row = result.row(i);
    attempts.push_back({.attempt = row.int32(0),
                        .epoch = Epoch{row.int64(1)},
                        .worker = row.is_null(2) ? WorkerId{} : WorkerId{row.int64(2)},
                        .started_at = row.optional_time(3),
                        .ended_at = row.time(4),
                        .cause = row.string(5),
                        .error = row.string(6)});
  }
  return attempts;
}

std::vector<std::optional<JobState>> Reader::job_states(std::span<const JobId> ids) {
  Column column = Column::int64s(ids.size());
  for (const JobId id : ids) column.add(id.value);
  Parameters parameters;
  parameters.add(std::move(column)).add(database_.test_time());
  const Result result = database_.run(sql::job_states, std::move(parameters));
  std::unordered_map<std::int64_t, JobState> states;
  for (int i = 0; i < result.rows(); ++i) {
    states.emplace(result.row(i).int64(0), static_cast<JobState>(result.row(i).int32(1)));
  }
  std::vector<std::optional<JobState>> found;
  found.reserve(ids.size());
  for (const JobId id : ids) {
    const auto state = states.find(id.value);
    found.push_back(state == states.end() ? std::nullopt : std::optional{state->second});
  }
  return found;
}

std::vector<std::string> Reader::load_attachments(JobId id, Store::Attachments which) {
  Parameters parameters;
  parameters.add(id).add(static_cast<std::int32_t>(which));
  const Result result = database_.run(sql::list_attachments, std::move(parameters));
  std::vector<std::string> attachments;
  attachments.reserve(static_cast<std::size_t>(result.rows()));
  for (int i = 0; i < result.rows(); ++i) attachments.push_back(result.row(i).string(0));
  return attachments;
}

std::vector<std::int64_t> Reader::count_log_lines(std::span<const JobId> ids) {
  if (ids.empty()) return {};
  Column column = Column::int64s(ids.size());
  for (const JobId id : ids) column.add(id.value);
  Parameters parameters;
  parameters.add(std::move(column));
  const Result result = database_.run(sql::count_log_lines, std::move(parameters));
  std::unordered_map<std::int64_t, std::int64_t> counts;
  for (int i = 0; i < result.rows(); ++i) {
    counts[result.row(i).int64(0)] = result.row(i).int64(1);
  }
  std::vector<std::int64_t> ordered;
  ordered.reserve(ids.size());
  for (const JobId id : ids) ordered.push_back(counts[id.value]);
  return ordered;
}

std::vector<JobLogLine> Reader::read_log(JobId id, std::int64_t from, int limit) {
  Parameters parameters;
  parameters.add(id).add(from).add(limit);
  const Result result = database_.run(sql::read_log, std::move(parameters));
  std::vector<JobLogLine> lines;
  for (int i = 0; i < result.rows(); ++i) {
    const Row row = result.row(i);
    lines.push_back({.number = row.int64(0),
                     .attempt = row.int32(1),
                     .level = static_cast<LogLevel>(row.int32(2)),
                     .source = static_cast<LogSource>(row.int32(5)),
                     .at = row.time(3),
                     .text = row.string(4)});
  }
  return lines;
}

}  // namespace stint::postgres
