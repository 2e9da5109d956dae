#include "backends/postgres/inspector.hpp"
#include <algorithm>
#include <array>
#include <utility>
#include "backends/postgres/schema.hpp"
#include "core/worker_counts.hpp"
#include "stint/error.hpp"
#include "stint_generated/postgres_sql.hpp"

namespace stint::postgres {
namespace {

constexpr std::string_view kForbidden = "42501";

std::optional<std::int64_t> optional_count(const Row& row, int column) {
  return row.is_null(column) ? std::nullopt : std::optional{row.int64(column)};
}

std::optional<std::chrono::seconds> optional_seconds(const Row& row, int column) {
  if (row.is_null(column)) return std::nullopt;
  return std::chrono::seconds{row.int64(column)};
}

/// Add what a look makes of itself. What this role may not see is unknown; a look that fails in
/// another way keeps none of the others from being taken, but an outage ends them all.
template <typename Look>
void add_check(std::vector<HealthCheck>& checks, std::string_view name, const Look& look) {
  try {
    checks.push_back(look());
  } catch (const Error& error) {
    if (error.code() == ErrorCode::kUnavailable && error.retryable()) throw;
    HealthCheck check{.name = std::string{name}, .status = HealthStatus::kUnknown};
    check.value = error.native_code() == kForbidden
                      ? "unknown: needs pg_monitor, or `stint db grant read`"
                      : std::string{"unknown: "} + error.what();
    check.meaning = "this role may not look at it";
    check.advice = "grant pg_monitor to the role that runs doctor";
    if (error.native_code() != kForbidden) check.meaning = check.advice = {};
    checks.push_back(std::move(check));
  }
}

}  // namespace

SchemaLook PostgresInspector::look_at_schema() {
  SchemaLook look{.version = read_schema_version(database_), .newest = newest_schema_version()};
  if (look.version > look.newest) {
    look.takes_this_program = takes_programs_of(database_, look.newest);
  }
  return look;
}

std::optional<StoreTime> PostgresInspector::read_clock() {
  Parameters now;
  now.add(database_.test_time());
  return database_.run(sql::server_clock, std::move(now)).row(0).time(0);
}

ServerFacts PostgresInspector::read_server() {
  const Result result = database_.run(sql::server_settings);
  const Row row = result.row(0);
  return {.version = row.string(0),
          .version_number = row.int32(1),
          .is_standby = row.boolean(2),
          .has_fsync = row.boolean(3),
          .has_full_page_writes = row.boolean(4),
          .synchronous_commit = row.string(5),
          .has_autovacuum = row.boolean(6),
          .most_connections = row.int32(7),
          .connections = row.int32(8),
          .sees_all = row.boolean(9)};
}

std::vector<TableFacts> PostgresInspector::read_tables() {
  Parameters parameters;
  parameters.add(std::string_view{database_.options().schema});
  const Result result = database_.run(sql::table_health, std::move(parameters));
  std::vector<TableFacts> tables;
  for (int i = 0; i < result.rows(); ++i) {
    const Row row = result.row(i);
    tables.push_back({.name = row.string(0),
                      .live_rows = row.int64(1),
                      .dead_rows = row.int64(2),
                      .bytes = row.int64(3),
                      .is_autovacuum_off = row.boolean(4),
                      .vacuumed_ago = optional_seconds(row, 5)});
  }
  return tables;
}

std::vector<TransactionFacts> PostgresInspector::read_transactions() {
  const Result result = database_.run(sql::oldest_transactions);
  std::vector<TransactionFacts> transactions;
  for (int i = 0; i < result.rows(); ++i) {
    const Row row = result.row(i);
    transactions.push_back({.pid = row.int32(0),
                            .application = row.string(1),
                            .role = row.string(2),
                            .state = row.string(3),
                            .age = std::chrono::seconds{row.int64(4)},
                            .holds_vacuum = row.boolean(5)});
  }
  return transactions;
}

std::int64_t PostgresInspector::count_hidden_sessions() {
  return database_.run(sql::hidden_sessions).row(0).int64(0);
}

std::vector<PreparedFacts> PostgresInspector::read_prepared() {
  const Result result = database_.run(sql::prepared_transactions);
  std::vector<PreparedFacts> transactions;
  for (int i = 0; i < result.rows(); ++i) {
    const Row row = result.row(i);
    transactions.push_back(
        {.name = row.string(0), .role = row.string(1), .age = std::chrono::seconds{row.int64(2)}});
  }
  return transactions;
}

std::vector<SlotFacts> PostgresInspector::read_slots() {
  const Result result = database_.run(sql::slots_holding);
  std::vector<SlotFacts> slots;
  for (int i = 0; i < result.rows(); ++i) {
    const Row row = result.row(i);
    slots.push_back({.name = row.string(0),
                     .is_active = row.boolean(1),
                     .transactions = optional_count(row, 2),
                     .log_bytes = optional_count(row, 3)});
  }
  return slots;
}

PartitionFacts PostgresInspector::read_partitions() {
  const Result result = database_.run(sql::partitions_ahead);
  return {.newest_id = result.row(0).int64(0), .last_partition = result.row(0).int64(1)};
}

std::vector<HealthCheck> PostgresInspector::check_place(InspectDepth /*depth*/) {
  std::vector<HealthCheck> checks;
  const ServerFacts server = read_server();
  checks.push_back(judge_server(server));
  checks.push_back(judge_durability(server));
  checks.push_back(judge_connections(server));
  std::vector<TableFacts> tables;
  add_check(checks, "autovacuum", [&] {
    tables = read_tables();
    return judge_autovacuum(server, tables);
  });
  add_check(checks, "dead_rows", [&] { return judge_dead_rows(tables); });
  add_check(checks, "oldest_transaction", [&] {
    return judge_transactions(read_transactions(), server.sees_all ? 0 : count_hidden_sessions());
  });
  add_check(checks, "prepared_transactions", [&] { return judge_prepared(read_prepared()); });
  add_check(checks, "replication_slots", [&] { return judge_slots(read_slots()); });
  if (look_at_schema().is_usable()) {
    add_check(checks, "partitions", [&] { return judge_partitions(read_partitions()); });
  }
  return checks;
}

std::optional<JobPlace> PostgresInspector::find_place(JobId id, int most) {
  Parameters parameters;
  parameters.add(id).add(database_.test_time()).add(std::int32_t{most});
  const std::array<Command, 2> commands{Command{&sql::prefer_order, {}},
                                        Command{&sql::find_place, std::move(parameters)}};
  const Result result = std::move(database_.run(commands, Resend::kAllowed).back());
  if (result.empty()) return std::nullopt;
  const Row row = result.row(0);
  return JobPlace{.now = row.time(0),
                  .gate = row.int32(1),
                  .lone_crashes = row.int32(2),
                  .abort_message = row.string(3),
                  .abort_at = row.optional_time(4),
                  .higher = row.int64(5),
                  .older = row.int64(6),
                  .most = most};
}

std::vector<WorkerTasks> PostgresInspector::worker_tasks() {
  const Result result = database_.run(sql::worker_tasks);
  std::vector<WorkerTasks> workers;
  for (int i = 0; i < result.rows(); ++i) {
    const Row row = result.row(i);
    if (auto tasks = told_tasks(row.text(1))) {
      workers.push_back({.worker = WorkerId{row.int64(0)}, .tasks = *std::move(tasks)});
    }
  }
  return workers;
}

QueueLook PostgresInspector::look_at_queue(int most) {
  Parameters parameters;
  parameters.add(database_.test_time()).add(std::int32_t{most});
  Parameters now;
  now.add(database_.test_time());
  const std::array<Command, 5> commands{
      Command{&sql::prefer_order, {}}, Command{&sql::waiting_jobs, parameters},
      Command{&sql::avoid_scans, {}}, Command{&sql::ended_lately, parameters},
      Command{&sql::server_clock, std::move(now)}};
  const std::vector<Result> results = database_.run(commands, Resend::kAllowed);
  const Result& waiting = results[1];
  const Result& ended = results[3];
  QueueLook look{.now = results[4].row(0).time(0), .waiting = {}};
  std::int64_t seen = 0;
  for (int i = 0; i < waiting.rows(); ++i) {
    const Row row = waiting.row(i);
    look.waiting.push_back({.domain = row.string(0),
                            .task = row.string(1),
                            .node = row.string(2),
                            .jobs = row.int64(3),
                            .since = row.time(4)});
    seen += row.int64(3);
  }
  look.is_cut = seen >= most;
  for (int i = 0; i < ended.rows(); ++i) {
    const Row row = ended.row(i);
    add_ended(look, static_cast<JobState>(row.int32(0)), row.text(1), row.int64(2));
  }
  return look;
}

}  // namespace stint::postgres
