#include "backends/postgres/health.hpp"
#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include "backends/postgres/schema.hpp"
#include "core/explain_words.hpp"

namespace stint::postgres {
namespace {

/// A name of somebody else's as SQL text, since the advice is there to be copied.
std::string sql_text(std::string_view name) {
  std::string text = "'";
  for (const char letter : name) text.append(letter == '\'' ? 2 : 1, letter);
  return text + "'";
}

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr int kOldestServer = 130'000;

// A minute of a thousand jobs a second. Below it claims do not notice.
constexpr std::int64_t kManyDeadRows = 60'000;
constexpr seconds kLongTransaction = minutes{5};
constexpr seconds kVeryLongTransaction = hours{1};

constexpr std::string_view kHeldBack =
    "rows of jobs that have ended cannot be removed meanwhile: the tables grow, and claims slow "
    "down";

std::string described(const TransactionFacts& transaction) {
  return fmt::format(
      "process {} ({}, role {}, {}), open for {}", transaction.pid,
      transaction.application.empty() ? "no application name" : transaction.application,
      transaction.role.empty() ? "none" : transaction.role,
      transaction.state.empty() ? "background" : transaction.state,
      rough_duration(transaction.age));
}

std::string megabytes(std::int64_t bytes) { return fmt::format("{} MiB", (bytes >> 20) + 1); }

}  // namespace

HealthCheck judge_server(const ServerFacts& server) {
  HealthCheck check{.name = "server",
                    .value = fmt::format("PostgreSQL {}", server.version),
                    .meaning = "the server takes writes and is of a version that is tried"};
  if (server.is_standby) {
    check.status = HealthStatus::kProblem;
    check.meaning =
        "this server is a standby, which takes no writes: nothing can be enqueued or run";
    check.advice = "name the primary in the URL, or all hosts and target_session_attrs=read-write";
  } else if (server.version_number < kOldestServer) {
    check.status = HealthStatus::kWarning;
    check.meaning = "Stint is not tried with servers before PostgreSQL 13";
    check.advice = "update the server";
  }
  return check;
}

HealthCheck judge_durability(const ServerFacts& server) {
  HealthCheck check{
      .name = "durability",
      .value = fmt::format("fsync {}, full_page_writes {}, synchronous_commit {}",
                           server.has_fsync ? "on" : "off",
                           server.has_full_page_writes ? "on" : "off", server.synchronous_commit),
      .meaning = "what the server has acknowledged outlives a crash of it"};
  if (!server.has_fsync || !server.has_full_page_writes) {
    check.status = HealthStatus::kProblem;
    check.meaning = "a crash of the machine may lose acknowledged jobs or damage the database";
    check.advice = "set fsync and full_page_writes to on, unless the data may be thrown away";
  } else if (server.synchronous_commit == "off") {
    check.status = HealthStatus::kWarning;
    check.meaning = "a crash of the server loses up to a second of acknowledged jobs and results";
    check.advice = "set synchronous_commit to on for this role or database";
  }
  return check;
}

HealthCheck judge_connections(const ServerFacts& server) {
  HealthCheck check{.name = "connections",
                    .value = fmt::format("{} of {}", server.connections, server.most_connections),
                    .meaning = "there is room for more workers and clients"};
  const int left = server.most_connections - server.connections;
  if (left * 10 < server.most_connections) {
    check.status = left <= 0 ? HealthStatus::kProblem : HealthStatus::kWarning;
    check.meaning = "programs that connect now are refused, or will be soon";
    check.advice =
        "raise max_connections, put a pooler before the server, or lower ?pool= of the URLs";
  }
  return check;
}

HealthCheck judge_autovacuum(const ServerFacts& server, const std::vector<TableFacts>& tables) {
  std::vector<std::string> off;
  for (const TableFacts& table : tables) {
    if (table.is_autovacuum_off) off.push_back(table.name);
  }
  HealthCheck check{.name = "autovacuum", .value = "on", .meaning = "dead rows are removed"};
  if (server.has_autovacuum && off.empty()) return check;
  check.status = HealthStatus::kProblem;
  check.value = server.has_autovacuum ? fmt::format("off for {}", fmt::join(off, ", ")) : "off";
  check.meaning = "each job leaves dead rows that nobody removes: claims get slower without end";
  check.advice = server.has_autovacuum
                     ? fmt::format("alter table {} reset (autovacuum_enabled)", off.front())
                     : "set autovacuum and track_counts to on";
  return check;
}

HealthCheck judge_dead_rows(const std::vector<TableFacts>& tables) {
  HealthCheck check{.name = "dead_rows",
                    .value = "none",
                    .meaning = "claims pass by few entries of jobs that are gone"};
  const auto worst = std::ranges::max_element(tables, {}, &TableFacts::dead_rows);
  if (worst == tables.end()) return check;
  check.value = fmt::format("{} in the table {} ({} live, {})", worst->dead_rows, worst->name,
                            worst->live_rows, megabytes(worst->bytes));
  if (worst->vacuumed_ago) {
    check.value += fmt::format(", vacuumed {} ago", rough_duration(*worst->vacuumed_ago));
  }
  if (worst->dead_rows < kManyDeadRows || worst->dead_rows < worst->live_rows / 5) return check;
  check.status = HealthStatus::kWarning;
  check.meaning = "vacuum does not keep up, or is kept from it: claims slow down";
  check.advice = fmt::format(
      "look at oldest_transaction, prepared_transactions and "
      "replication_slots; then: vacuum {}",
      worst->name);
  return check;
}

HealthCheck judge_transactions(const std::vector<TransactionFacts>& oldest, std::int64_t hidden) {
  HealthCheck check{.name = "oldest_transaction",
                    .value = "none",
                    .meaning = "nothing keeps vacuum from its work"};
  if (!oldest.empty()) {
    const TransactionFacts& first = oldest.front();
    check.value = described(first);
    if (first.age >= kLongTransaction) {
      check.status = first.holds_vacuum && first.age >= kVeryLongTransaction
                         ? HealthStatus::kProblem
                         : HealthStatus::kWarning;
      check.meaning = first.holds_vacuum
                          ? std::string{kHeldBack}
                          : "it holds no rows back now, but may hold locks, and will "
                            "hold rows back with its next statement";
      check.advice = fmt::format(
          "end it where it was begun, or: select pg_terminate_backend({}); "
          "idle_in_transaction_session_timeout ends such by itself",
          first.pid);
      return check;
    }
  }
  if (hidden > 0) {
    check.status = HealthStatus::kUnknown;
    check.value += fmt::format("; unknown for {}: needs pg_monitor", count_of(hidden, "session"));
    check.meaning = "transactions of other roles may hold vacuum back unseen";
    check.advice = "grant pg_monitor to the role that runs doctor";
  }
  return check;
}

HealthCheck judge_prepared(const std::vector<PreparedFacts>& oldest) {
  HealthCheck check{.name = "prepared_transactions",
                    .value = "none",
                    .meaning = "nothing waits for the second phase of a commit"};
  if (oldest.empty()) return check;
  const PreparedFacts& first = oldest.front();
  check.value = fmt::format("\"{}\" of role {}, prepared {} ago", first.name, first.role,
                            rough_duration(first.age));
  if (first.age < kLongTransaction) return check;
  check.status = HealthStatus::kProblem;
  check.meaning = fmt::format("it outlives its session and the server's restarts; {}", kHeldBack);
  check.advice = fmt::format("rollback prepared {}, or commit it", sql_text(first.name));
  return check;
}

HealthCheck judge_slots(const std::vector<SlotFacts>& worst) {
  constexpr std::int64_t kManyTransactions = 1'000'000;
  HealthCheck check{.name = "replication_slots",
                    .value = "none holds rows or log back",
                    .meaning = "no standby or subscriber keeps vacuum from its work"};
  if (worst.empty()) return check;
  const SlotFacts& first = worst.front();
  std::vector<std::string> kept;
  if (first.transactions)
    kept.push_back(fmt::format("rows of the last {} transactions", *first.transactions));
  if (first.log_bytes)
    kept.push_back(fmt::format("{} of the server's log", megabytes(*first.log_bytes)));
  check.value = fmt::format("\"{}\" ({}) keeps {}", first.name,
                            first.is_active ? "in use" : "not in use", fmt::join(kept, " and "));
  const bool keeps_many_rows = first.transactions.value_or(0) >= kManyTransactions;
  if (first.is_active && !keeps_many_rows && !first.log_bytes) return check;
  check.status = first.is_active ? HealthStatus::kWarning : HealthStatus::kProblem;
  check.meaning = first.log_bytes ? "the log fills the server's disk: then nothing can be written"
                                  : std::string{kHeldBack};
  if (!first.is_active) {
    check.advice = fmt::format("if nobody needs it: select pg_drop_replication_slot({})",
                               sql_text(first.name));
  } else if (keeps_many_rows) {
    check.advice = "look at long queries on that standby (hot_standby_feedback)";
  } else {
    check.advice = "see why that standby or subscriber does not follow";
  }
  if (first.log_bytes) check.advice += "; max_slot_wal_keep_size bounds what a slot keeps";
  return check;
}

HealthCheck judge_partitions(const PartitionFacts& partitions) {
  const std::int64_t current = partitions.newest_id / kIdsOfPartition;
  HealthCheck check{
      .name = "partitions",
      .value = fmt::format("newest job {}, partitions up to id {}", partitions.newest_id,
                           (partitions.last_partition + 1) * kIdsOfPartition - 1),
      .meaning = "the next million jobs have their place"};
  if (partitions.last_partition > current) return check;
  check.status =
      partitions.last_partition < current ? HealthStatus::kProblem : HealthStatus::kWarning;
  check.meaning =
      "the partition for the next ids is missing; enqueues make it while they wait, if "
      "they may";
  check.advice =
      "run `stint db vacuum` once, and see why no worker makes it: its role may lack the "
      "rights (`stint db grant worker`)";
  return check;
}

}  // namespace stint::postgres
