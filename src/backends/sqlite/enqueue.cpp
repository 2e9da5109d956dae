#include "backends/sqlite/enqueue.hpp"
#include "backends/sqlite/json_text.hpp"
#include "stint_generated/sqlite_sql.hpp"

namespace stint::sqlite {
namespace {

constexpr int kArgumentsKind = 1;

/// Give away numbers of a sequence, writing the last one once.
class Numbers final {
 public:
  Numbers(Connection& connection, std::string_view sequence)
      : connection_(connection), sequence_(sequence) {
    Query query = connection_.use(sql::read_sequence);
    query.bind(sequence_).step();
    last_ = query.int64(0);
  }

  std::int64_t next() { return ++last_; }
  void write() { connection_.use(sql::write_sequence).bind(sequence_, last_).run(); }

 private:
  Connection& connection_;
  std::string_view sequence_;
  std::int64_t last_ = 0;
};

std::optional<JobId> find_key(Connection& connection, std::string_view key) {
  Query query = connection.use(sql::find_keys);
  if (!query.bind(key).step()) return std::nullopt;
  return JobId{query.int64(0)};
}

/// One job on its way into the tables.
struct NewRow {
  const NewJob* job;
  std::int64_t id;
  std::int64_t run_at;
  std::string tags;  // JSON; empty: none
};

// In the order of the columns of given_jobs.
constexpr const char* kGivenColumns =
    "id, task, args, domain, node, priority, max_attempts, timeout_ms, flags, has_attachments, "
    "metadata, tags, idempotency_key, run_at";

class NewRows final : public GivenRows {
 public:
  explicit NewRows(const std::vector<NewRow>& rows) : rows_(rows) {}

  std::size_t size() const override { return rows_.size(); }

  void value(sqlite3_context* to, std::size_t row, int column) const override {
    const NewRow& given = rows_[row];
    const NewJob& job = *given.job;
    switch (column) {
      case 0:
        return give(to, given.id);
      case 1:
        return give(to, job.task);
      case 2:
        return give(to, job.args);
      case 3:
        return give(to, job.domain);
      case 4:
        return give_or_null(to, job.node);
      case 5:
        return give(to, std::int64_t{job.priority});
      case 6:
        return give(to, std::int64_t{job.max_attempts});
      case 7:
        return give(to, std::int64_t{job.timeout.count()});
      case 8:
        return give(to, std::int64_t{job.flags.mask});
      case 9:
        return give(to, std::int64_t{job.attachments.empty() ? 0 : 1});
      case 10:
        return give_or_null(to, job.metadata);
      case 11:
        return give_or_null(to, given.tags);
      case 12:
        return give_or_null(to, job.idempotency_key);
      default:
        return give(to, given.run_at);
    }
  }

 private:
  const std::vector<NewRow>& rows_;
};

void insert_bytes(Connection& connection, const NewRow& row) {
  for (std::size_t i = 0; i < row.job->attachments.size(); ++i) {
    connection.use(sql::insert_attachments)
        .bind(row.id, kArgumentsKind, i, Blob{row.job->attachments[i]})
        .run();
  }
}

NewRow new_row(const Transaction& transaction, const NewJob& job, std::int64_t id) {
  return {.job = &job,
          .id = id,
          .run_at = job.run_at ? to_micros(*job.run_at)
                               : transaction.now + microseconds{job.delay}.count(),
          .tags = job.tags.empty() ? std::string{} : json_array_of(job.tags)};
}

}  // namespace

std::int64_t next_number(Connection& connection, std::string_view sequence) {
  Numbers numbers{connection, sequence};
  const std::int64_t number = numbers.next();
  numbers.write();
  return number;
}

Enqueuer::Enqueuer(Connection& connection) : table_(connection, "given_jobs", kGivenColumns) {}

std::vector<Enqueued> Enqueuer::enqueue(Transaction& transaction, std::span<const NewJob> jobs) {
  Connection& connection = transaction.connection;
  Numbers ids{connection, "job"};
  std::vector<Enqueued> result;
  result.reserve(jobs.size());
  std::vector<NewRow> rows;
  rows.reserve(jobs.size());
  for (const NewJob& job : jobs) {
    if (!job.idempotency_key.empty()) {
      if (const std::optional<JobId> known = find_key(connection, job.idempotency_key)) {
        result.push_back({.id = *known, .inserted = false});
        continue;
      }
    }
    const std::int64_t id = ids.next();
    rows.push_back(new_row(transaction, job, id));
    if (!job.idempotency_key.empty()) {
      connection.use(sql::claim_keys).bind(job.idempotency_key, id, transaction.now).run();
    }
    result.push_back({.id = JobId{id}, .inserted = true});
  }
  ids.write();

  const NewRows given{rows};
  const GivenTable::Filling filling{table_, given};
  connection.use(sql::insert_jobs).bind(transaction.now).run();
  connection.use(sql::enqueue).run();
  const std::string* last_domain = nullptr;
  for (const NewRow& row : rows) {
    insert_bytes(connection, row);
    if (row.run_at > transaction.now) continue;
    if (last_domain == nullptr || *last_domain != row.job->domain) {
      last_domain = &row.job->domain;
      transaction.events.insert(row.job->domain);
    }
  }
  return result;
}

}  // namespace stint::sqlite
