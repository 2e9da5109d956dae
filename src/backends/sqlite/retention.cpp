#include "backends/sqlite/retention.hpp"
#include "stint_generated/sqlite_sql.hpp"

namespace stint::sqlite {
namespace {

void append_ids(std::vector<JobId>& ids, Connection& connection, const SqlFile& statement,
                const PurgeFilter& filter, std::int64_t now) {
  const auto room = static_cast<std::int64_t>(filter.limit) - static_cast<std::int64_t>(ids.size());
  if (room <= 0) return;
  Query query = connection.use(statement);
  query.bind(now - microseconds{filter.older_than}.count(), null_if_empty(filter.domain), room);
  while (query.step()) ids.push_back(JobId{query.int64(0)});
}

}  // namespace

std::vector<JobId> find_purgeable(Connection& connection, const PurgeFilter& filter,
                                  std::int64_t now) {
  std::vector<JobId> ids;
  append_ids(ids, connection, sql::purgeable_finished, filter, now);
  if (filter.queued) append_ids(ids, connection, sql::purgeable_waiting, filter, now);
  return ids;
}

int remove_jobs(Transaction& transaction, std::span<const JobId> ids) {
  Connection& connection = transaction.connection;
  int removed = 0;
  for (const JobId id : ids) {
    // It may have been claimed, or removed by another program, since it was found.
    const bool is_there = connection.use(sql::delete_finished).bind(id.value).run() == 1 ||
                          connection.use(sql::delete_waiting).bind(id.value).run() == 1;
    if (!is_there) continue;
    for (const SqlFile* statement : {&sql::delete_attempts, &sql::delete_attachments,
                                     &sql::delete_log, &sql::delete_key, &sql::delete_jobs}) {
      connection.use(*statement).bind(id.value).run();
    }
    ++removed;
  }
  return removed;
}

int purge_workers(Transaction& transaction, milliseconds older_than) {
  return transaction.connection.use(sql::purge_workers)
      .bind(transaction.now - microseconds{older_than}.count())
      .run();
}

}  // namespace stint::sqlite
