#include "backends/sqlite/status.hpp"
#include <vector>
#include "backends/sqlite/schema.hpp"
#include "core/store_status.hpp"
#include "core/worker_counts.hpp"
#include "stint_generated/sqlite_sql.hpp"

namespace stint::sqlite {
namespace {

void count_live(StoreStatus& status, Connection& connection, std::int64_t now) {
  Query query = connection.use(sql::count_live);
  query.bind(now);
  while (query.step()) {
    const auto state = static_cast<JobState>(query.integer(1));
    status.counts.push_back({.domain = query.text(0), .state = state, .jobs = query.int64(2)});
    if (state == JobState::kQueued) {
      status.oldest_due.push_back({.domain = query.text(0), .since = query.time(3)});
    }
  }
}

void count_ended(StoreStatus& status, Connection& connection) {
  Query query = connection.use(sql::count_finished);
  query.bind(kMostCounted);
  std::vector<EndedGroup> groups;
  std::int64_t first_id = 0;
  while (query.step()) {
    groups.push_back({.domain = query.text(0),
                      .state = static_cast<JobState>(query.integer(1)),
                      .jobs = query.int64(2),
                      .lowest_id = query.int64(3),
                      .highest_id = query.int64(4)});
    first_id = query.int64(5);
  }
  add_ended(status, groups, first_id);
}

void count_recent(StoreStatus& status, Connection& connection, std::int64_t now) {
  constexpr std::int64_t kMinute = 60'000'000;
  Query enqueued = connection.use(sql::count_enqueued);
  enqueued.bind(now - kMinute, kMostEnqueuedCounted);
  enqueued.step();
  status.recent.enqueued_per_second =
      enqueued_per_second({.counted = enqueued.int64(0), .ids = enqueued.int64(1)});
  Query query = connection.use(sql::list_counts);
  while (query.step()) {
    add_worker_counts(status.recent, query.text(0), static_cast<WorkerState>(query.integer(1)),
                      status.now - query.time(2));
  }
}

void count_workers(StoreStatus& status, Connection& connection) {
  Query query = connection.use(sql::count_workers);
  query.step();
  status.workers = {.alive = query.int64(0), .stopped = query.int64(1), .dead = query.int64(2)};
}

}  // namespace

StoreStatus read_status(Connection& connection, std::int64_t now) {
  StoreStatus status{.backend = connection.medium() == Medium::kMemory ? "memory" : "sqlite",
                     .location = connection.path(),
                     .schema_version = schema_version(connection),
                     .newest_schema_version = newest_schema_version(),
                     .counts = {},
                     .oldest_due = {},
                     .workers = {},
                     .recent = {},
                     .now = from_micros(now)};
  count_live(status, connection, now);
  count_ended(status, connection);
  count_workers(status, connection);
  count_recent(status, connection, now);
  return status;
}

}  // namespace stint::sqlite
