#include "backends/sqlite/status.hpp"
#include "backends/sqlite/schema.hpp"
#include "stint_generated/sqlite_sql.hpp"

namespace stint::sqlite {
namespace {

void append_counts(StoreStatus& status, Query& query) {
  while (query.step()) {
    status.counts.push_back({.domain = query.text(0),
                             .state = static_cast<JobState>(query.integer(1)),
                             .jobs = query.int64(2)});
  }
}

}  // namespace

StoreStatus read_status(Connection& connection, std::int64_t now) {
  StoreStatus status{.backend = "sqlite",
                     .location = connection.path(),
                     .schema_version = schema_version(connection),
                     .newest_schema_version = newest_schema_version(),
                     .counts = {},
                     .oldest_due = {},
                     .now = from_micros(now)};
  {
    Query live = connection.use(sql::count_live);
    append_counts(status, live.bind(now));
    Query finished = connection.use(sql::count_finished);
    append_counts(status, finished);
  }
  Query oldest = connection.use(sql::oldest_due);
  oldest.bind(now).step();
  status.oldest_due = oldest.optional_time(0);
  return status;
}

}  // namespace stint::sqlite
