/// What `doctor` asks a server, and what it makes of the answers.
#pragma once
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>
#include "core/health_check.hpp"

namespace stint::postgres {

/// What a server says of itself.
struct ServerFacts {
  std::string version = {};
  int version_number = 0;  ///< 150018
  bool is_standby = false;
  bool has_fsync = true;
  bool has_full_page_writes = true;
  std::string synchronous_commit = {};  ///< of this program's sessions
  bool has_autovacuum = true;
  int most_connections = 0;  ///< for roles that are no superusers
  int connections = 0;       ///< of all databases
  bool sees_all = false;     ///< what the sessions of other roles do
};

/// One of the busy tables.
struct TableFacts {
  std::string name;
  std::int64_t live_rows = 0;
  std::int64_t dead_rows = 0;
  std::int64_t bytes = 0;  ///< with indexes
  bool is_autovacuum_off = false;
  std::optional<std::chrono::seconds> vacuumed_ago = {};
};

/// A transaction that is open.
struct TransactionFacts {
  int pid = 0;
  std::string application = {};
  std::string role = {};
  std::string state = {};  ///< "active", "idle in transaction"
  std::chrono::seconds age{0};
  bool holds_vacuum = false;  ///< no row that was deleted since may be removed
};

/// A transaction that was prepared for two-phase commit.
struct PreparedFacts {
  std::string name;
  std::string role;
  std::chrono::seconds age{0};
};

/// A replication slot that keeps rows, or so much of the server's log (WAL) that it is more than
/// max_wal_size.
struct SlotFacts {
  std::string name;
  bool is_active = false;
  std::optional<std::int64_t> transactions = {};  ///< begun since those whose rows it keeps
  std::optional<std::int64_t> log_bytes = {};     ///< of the log
};

struct PartitionFacts {
  std::int64_t newest_id = 0;
  std::int64_t last_partition = -1;  ///< -1: there is none
};

// One judgement each. Pure.
HealthCheck judge_server(const ServerFacts& server);
HealthCheck judge_durability(const ServerFacts& server);
HealthCheck judge_connections(const ServerFacts& server);
HealthCheck judge_autovacuum(const ServerFacts& server, const std::vector<TableFacts>& tables);
HealthCheck judge_dead_rows(const std::vector<TableFacts>& tables);
/// `hidden`: sessions whose work this role may not see.
HealthCheck judge_transactions(const std::vector<TransactionFacts>& oldest, std::int64_t hidden);
HealthCheck judge_prepared(const std::vector<PreparedFacts>& oldest);
/// The first one counts.
HealthCheck judge_slots(const std::vector<SlotFacts>& worst);
HealthCheck judge_partitions(const PartitionFacts& partitions);

}  // namespace stint::postgres
