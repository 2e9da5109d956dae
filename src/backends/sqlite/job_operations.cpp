#include "backends/sqlite/job_operations.hpp"
#include <array>
#include <map>
#include <optional>
#include <string_view>
#include "backends/sqlite/ending.hpp"
#include "backends/sqlite/reading.hpp"
#include "backends/sqlite/retention.hpp"
#include "stint_generated/sqlite_sql.hpp"

namespace stint::sqlite {
namespace {

using Kind = OperationResult::Kind;

constexpr int kArguments = 1;
constexpr int kOutput = 2;

// One transaction after the other: what is seen here stays so until the end.
template <typename Once>
std::vector<OperationResult> once_each(std::span<const JobId> ids, Once&& once) {
  std::map<JobId, OperationResult> known;
  std::vector<OperationResult> results;
  results.reserve(ids.size());
  for (const JobId id : ids) {
    auto [place, is_new] = known.try_emplace(id);
    if (is_new) place->second = once(id);
    results.push_back(place->second);
  }
  return results;
}

OperationResult refusal(Transaction& transaction, JobId id) {
  const std::optional<JobState> state = find_state(transaction.connection, id, transaction.now);
  return {.kind = state ? Kind::kWrongState : Kind::kNotFound, .state = state};
}

OperationResult retry_one(Transaction& transaction, JobId id, RetryOf which) {
  Connection& connection = transaction.connection;
  const bool is_queued = connection.use(sql::retry_jobs)
                             .bind(id.value, transaction.now, which == RetryOf::kAnyEnd)
                             .run() == 1;
  if (!is_queued) return refusal(transaction, id);
  connection.use(sql::delete_finished).bind(id.value).run();
  // A failed attempt's output would stand in the way of the next one's.
  connection.use(sql::delete_attachments_of_kind).bind(id.value, kOutput).run();
  transaction.events.insert(find_live(connection, id)->domain);
  return {.kind = Kind::kChanged, .state = JobState::kQueued};
}

void replace_arguments(Connection& connection, JobId id, const NewArguments& arguments) {
  connection.use(sql::delete_attachments_of_kind).bind(id.value, kArguments).run();
  for (std::size_t i = 0; i < arguments.attachments.size(); ++i) {
    connection.use(sql::insert_attachments)
        .bind(id.value, kArguments, i, Blob{arguments.attachments[i]})
        .run();
  }
}

OperationResult update_one(Transaction& transaction, const JobUpdate& update) {
  Connection& connection = transaction.connection;
  const NewArguments* arguments = update.arguments ? &*update.arguments : nullptr;
  std::optional<std::int64_t> run_at;
  if (update.run_at) run_at = to_micros(*update.run_at);
  if (update.delay) run_at = transaction.now + microseconds{*update.delay}.count();
  std::optional<std::int64_t> epoch;
  std::optional<std::string_view> args;
  std::optional<int> has_attachments;
  if (arguments != nullptr) {
    epoch = arguments->read.value;
    args = arguments->args;
    has_attachments = arguments->attachments.empty() ? 0 : 1;
  }
  const bool is_changed =
      connection.use(sql::update_jobs)
          .bind(update.id.value, epoch, update.priority, run_at, arguments == nullptr ? 0 : 1)
          .run() == 1;
  if (!is_changed) {
    OperationResult result = refusal(transaction, update.id);
    const std::optional<LiveJob> job = find_live(connection, update.id);
    if (job && job->state != JobState::kRunning) result.kind = Kind::kStale;
    return result;
  }
  if (update.priority || arguments != nullptr) {
    connection.use(sql::update_asked)
        .bind(update.id.value, update.priority, args, has_attachments)
        .run();
  }
  if (arguments != nullptr) replace_arguments(connection, update.id, *arguments);
  if (run_at && *run_at <= transaction.now) {
    transaction.events.insert(find_live(connection, update.id)->domain);
  }
  return {.kind = Kind::kChanged, .state = find_state(connection, update.id, transaction.now)};
}

OperationResult delete_one(Transaction& transaction, JobId id) {
  OperationResult result = refusal(transaction, id);
  if (result.state && remove_jobs(transaction, {&id, 1}) == 1) result.kind = Kind::kChanged;
  return result;
}

}  // namespace

std::vector<OperationResult> retry_jobs(Transaction& transaction, std::span<const JobId> ids,
                                        RetryOf which) {
  return once_each(ids, [&](JobId id) { return retry_one(transaction, id, which); });
}

std::vector<OperationResult> update_jobs(Transaction& transaction,
                                         std::span<const JobUpdate> updates) {
  std::vector<OperationResult> results;
  results.reserve(updates.size());
  for (const JobUpdate& update : updates) results.push_back(update_one(transaction, update));
  return results;
}

std::vector<OperationResult> delete_jobs(Transaction& transaction, std::span<const JobId> ids) {
  return once_each(ids, [&](JobId id) { return delete_one(transaction, id); });
}

std::vector<std::int64_t> count_log_lines(Connection& connection, std::span<const JobId> ids) {
  std::vector<std::int64_t> counts;
  counts.reserve(ids.size());
  for (const JobId id : ids) {
    Query count = connection.use(sql::count_log_lines);
    count.bind(id.value).step();
    counts.push_back(count.int64(0));
  }
  return counts;
}

}  // namespace stint::sqlite
