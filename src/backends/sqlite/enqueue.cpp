#include "backends/sqlite/enqueue.hpp"
#include "backends/sqlite/json_text.hpp"
#include "stint_generated/sqlite_sql.hpp"

namespace stint::sqlite {
namespace {

constexpr int kArguments = 1;

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

void insert_extras(Transaction& transaction, std::int64_t id, const NewJob& job) {
  for (std::size_t i = 0; i < job.attachments.size(); ++i) {
    transaction.connection.use(sql::insert_attachments)
        .bind(id, kArguments, i, Blob{job.attachments[i]})
        .run();
  }
  if (!job.idempotency_key.empty()) {
    transaction.connection.use(sql::claim_keys)
        .bind(job.idempotency_key, id, transaction.now)
        .run();
  }
}

}  // namespace

std::int64_t next_number(Connection& connection, std::string_view sequence) {
  Numbers numbers{connection, sequence};
  const std::int64_t number = numbers.next();
  numbers.write();
  return number;
}

std::vector<Enqueued> enqueue_jobs(Transaction& transaction, std::span<const NewJob> jobs) {
  Connection& connection = transaction.connection;
  Numbers ids{connection, "job"};
  Query insert_job = connection.use(sql::insert_job);
  Query insert_live = connection.use(sql::insert_live);
  const std::string* last_domain = nullptr;
  std::vector<Enqueued> result;
  result.reserve(jobs.size());
  for (const NewJob& job : jobs) {
    if (!job.idempotency_key.empty()) {
      if (const std::optional<JobId> known = find_key(connection, job.idempotency_key)) {
        result.push_back({.id = *known, .inserted = false});
        continue;
      }
    }
    const std::int64_t id = ids.next();
    const std::int64_t run_at =
        job.run_at ? to_micros(*job.run_at) : transaction.now + microseconds{job.delay}.count();
    std::optional<std::string> tags;
    if (!job.tags.empty()) tags = json_array_of(job.tags);
    const auto node = null_if_empty(job.node);
    insert_job
        .bind(id, job.task, job.args, transaction.now, job.domain, node, job.priority,
              job.max_attempts, job.timeout.count(), job.flags.mask, !job.attachments.empty(),
              null_if_empty(job.metadata), tags, null_if_empty(job.idempotency_key))
        .run();
    insert_live
        .bind(id, job.domain, job.task, node, job.priority, job.flags.mask, job.max_attempts,
              run_at)
        .run();
    insert_extras(transaction, id, job);
    if (run_at <= transaction.now && (last_domain == nullptr || *last_domain != job.domain)) {
      last_domain = &job.domain;
      transaction.events.insert(job.domain);
    }
    result.push_back({.id = JobId{id}, .inserted = true});
  }
  ids.write();
  return result;
}

}  // namespace stint::sqlite
