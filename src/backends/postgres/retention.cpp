#include "backends/postgres/retention.hpp"
#include <algorithm>
#include <array>
#include <span>
#include <utility>
#include <vector>
#include "backends/postgres/schema.hpp"
#include "base/url.hpp"
#include "core/filter_check.hpp"
#include "core/store_status.hpp"
#include "core/worker_counts.hpp"
#include "stint_generated/postgres_sql.hpp"

namespace stint::postgres {
namespace {

// The columns are those of count_live.sql.
void read_live(StoreStatus& status, const Result& result) {
  for (int i = 0; i < result.rows(); ++i) {
    const Row row = result.row(i);
    const auto state = static_cast<JobState>(row.int32(1));
    status.counts.push_back({.domain = row.string(0), .state = state, .jobs = row.int64(2)});
    if (state == JobState::kQueued) {
      status.oldest_due.push_back({.domain = row.string(0), .since = row.time(3)});
    }
  }
}

// The columns are those of count_finished.sql.
void read_ended(StoreStatus& status, const Result& result) {
  if (result.empty()) return;
  std::vector<EndedGroup> groups;
  for (int i = 0; i < result.rows(); ++i) {
    const Row row = result.row(i);
    groups.push_back({.domain = row.string(0),
                      .state = static_cast<JobState>(row.int32(1)),
                      .jobs = row.int64(2),
                      .lowest_id = row.int64(3),
                      .highest_id = row.int64(4)});
  }
  add_ended(status, groups, result.row(0).int64(5));
}

// The columns are those of count_enqueued.sql and list_counts.sql.
void read_recent(StoreStatus& status, const Result& enqueued, const Result& counts) {
  status.recent.enqueued_per_second =
      enqueued_per_second({.counted = enqueued.row(0).int64(0), .ids = enqueued.row(0).int64(1)});
  for (int i = 0; i < counts.rows(); ++i) {
    const Row row = counts.row(i);
    add_worker_counts(status.recent, row.string(0), static_cast<WorkerState>(row.int32(1)),
                      status.now - row.time(2));
  }
}

}  // namespace

int Retention::purge(const PurgeFilter& filter, const SqlFile& find, const SqlFile& remove,
                     int limit) {
  Parameters parameters;
  parameters.add(database_.test_time())
      .add(static_cast<std::int64_t>(filter.older_than.count()))
      .add_or_null(filter.domain)
      .add(limit);
  const Result found = database_.run(find, std::move(parameters));
  if (found.empty()) return 0;
  std::vector<std::int64_t> past;
  past.reserve(static_cast<std::size_t>(found.rows()));
  for (int i = 0; i < found.rows(); ++i) past.push_back(found.row(i).int64(0));
  std::ranges::sort(past);
  Column column = Column::int64s(past.size());
  for (const std::int64_t id : past) column.add(id);
  Parameters with_bounds;
  with_bounds.add(Column{column}).add(past.front()).add(past.back());
  Parameters without;
  without.add(std::move(column)).add(database_.test_time());
  const bool bounded = &remove == &sql::delete_finished;
  const std::array<Command, 2> commands{
      Command{&remove, bounded ? with_bounds : std::move(without)},
      Command{&sql::delete_jobs, with_bounds}};
  return database_.run(commands, Resend::kAllowed).front().affected();
}

int Retention::purge_jobs(const PurgeFilter& filter) {
  check_filter(filter);
  if (filter.limit <= 0) return 0;
  database_.run(sql::make_partitions);
  int removed = purge(filter, sql::purgeable_finished, sql::delete_finished, filter.limit);
  if (filter.queued && removed < filter.limit) {
    removed += purge(filter, sql::purgeable_waiting, sql::delete_waiting, filter.limit - removed);
  }
  if (removed > 0 && removed < filter.limit) drop_partitions();
  return removed;
}

void Retention::drop_partitions() {
  try {
    database_.run(sql::drop_partitions);
  } catch (const Error& error) {
    // Somebody holds what it needs: the next purge tries again.
    if (!error.retryable()) throw;
  }
}

StoreStatus Retention::status() {
  Parameters now;
  now.add(database_.test_time());
  Parameters most;
  most.add(kMostCounted);
  Parameters enqueued;
  enqueued.add(database_.test_time()).add(kMostEnqueuedCounted);
  const std::array<Command, 6> commands{Command{&sql::count_live, now},
                                        Command{&sql::count_finished, std::move(most)},
                                        Command{&sql::count_workers, now},
                                        Command{&sql::schema_version, {}},
                                        Command{&sql::count_enqueued, std::move(enqueued)},
                                        Command{&sql::list_counts, {}}};
  const std::vector<Result> results = database_.run(commands, Resend::kAllowed);
  StoreStatus status;
  status.backend = "postgresql";
  status.location = redacted(database_.options().url);
  status.schema_version = results[3].row(0).int32(0);
  status.newest_schema_version = newest_schema_version();
  read_live(status, results[0]);
  read_ended(status, results[1]);
  const Row workers = results[2].row(0);
  status.workers = {
      .alive = workers.int64(0), .stopped = workers.int64(1), .dead = workers.int64(2)};
  status.now = workers.time(3);
  read_recent(status, results[4], results[5]);
  return status;
}

}  // namespace stint::postgres
