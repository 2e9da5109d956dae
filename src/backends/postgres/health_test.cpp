#include "backends/postgres/health.hpp"
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace stint::postgres {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using ::testing::HasSubstr;

ServerFacts good_server() {
  return {.version = "15.18",
          .version_number = 150'018,
          .synchronous_commit = "on",
          .most_connections = 97,
          .connections = 20};
}

TransactionFacts transaction(seconds age, bool holds) {
  return {.pid = 42,
          .application = "psql",
          .role = "ann",
          .state = "idle in transaction",
          .age = age,
          .holds_vacuum = holds};
}

TEST(ServerHealth, RefusesAStandbyAndWarnsOfAnOldServer) {
  ServerFacts server = good_server();
  EXPECT_EQ(judge_server(server).status, HealthStatus::kOk);
  server.version_number = 120'000;
  EXPECT_EQ(judge_server(server).status, HealthStatus::kWarning);
  server.is_standby = true;
  EXPECT_EQ(judge_server(server).status, HealthStatus::kProblem);
}

TEST(ServerHealth, TellsWhatACrashCosts) {
  ServerFacts server = good_server();
  EXPECT_EQ(judge_durability(server).status, HealthStatus::kOk);
  server.synchronous_commit = "off";
  EXPECT_EQ(judge_durability(server).status, HealthStatus::kWarning);
  server.has_fsync = false;
  EXPECT_EQ(judge_durability(server).status, HealthStatus::kProblem);
}

TEST(ServerHealth, SeesConnectionsRunOut) {
  ServerFacts server = good_server();
  EXPECT_EQ(judge_connections(server).status, HealthStatus::kOk);
  server.connections = 90;
  EXPECT_EQ(judge_connections(server).status, HealthStatus::kWarning);
  server.connections = 97;
  EXPECT_EQ(judge_connections(server).status, HealthStatus::kProblem);
}

TEST(ServerHealth, WantsAutovacuumForEveryBusyTable) {
  ServerFacts server = good_server();
  std::vector<TableFacts> tables{{.name = "live"}};
  EXPECT_EQ(judge_autovacuum(server, tables).status, HealthStatus::kOk);
  tables.front().is_autovacuum_off = true;
  EXPECT_THAT(judge_autovacuum(server, tables).value, HasSubstr("off for live"));
  EXPECT_EQ(judge_autovacuum(server, tables).status, HealthStatus::kProblem);
  server.has_autovacuum = false;
  EXPECT_EQ(judge_autovacuum(server, {}).status, HealthStatus::kProblem);
}

TEST(ServerHealth, WarnsOfManyDeadRowsOfFewLiveOnes) {
  std::vector<TableFacts> tables{{.name = "live", .live_rows = 10, .dead_rows = 59'999}};
  EXPECT_EQ(judge_dead_rows(tables).status, HealthStatus::kOk);
  tables.front().dead_rows = 60'000;
  EXPECT_EQ(judge_dead_rows(tables).status, HealthStatus::kWarning);
  tables.front().live_rows = 1'000'000;
  EXPECT_EQ(judge_dead_rows(tables).status, HealthStatus::kOk);
  EXPECT_EQ(judge_dead_rows({}).status, HealthStatus::kOk);
}

TEST(ServerHealth, NamesTheTransactionThatHoldsVacuumBack) {
  EXPECT_EQ(judge_transactions({}, 0).value, "none");
  EXPECT_EQ(judge_transactions({transaction(minutes{4}, true)}, 0).status, HealthStatus::kOk);
  const HealthCheck warning = judge_transactions({transaction(minutes{6}, true)}, 0);
  EXPECT_EQ(warning.status, HealthStatus::kWarning);
  EXPECT_EQ(warning.value, "process 42 (psql, role ann, idle in transaction), open for 6m");
  EXPECT_THAT(warning.advice, HasSubstr("pg_terminate_backend(42)"));
  EXPECT_EQ(judge_transactions({transaction(hours{2}, true)}, 0).status, HealthStatus::kProblem);
  EXPECT_EQ(judge_transactions({transaction(hours{2}, false)}, 0).status, HealthStatus::kWarning);
}

TEST(ServerHealth, SaysWhatItMayNotSee) {
  const HealthCheck check = judge_transactions({transaction(seconds{1}, true)}, 2);
  EXPECT_EQ(check.status, HealthStatus::kUnknown);
  EXPECT_THAT(check.value, HasSubstr("unknown for 2 sessions: needs pg_monitor"));
  EXPECT_EQ(judge_transactions({transaction(minutes{6}, true)}, 2).status, HealthStatus::kWarning)
      << "what is seen is told all the same";
}

TEST(ServerHealth, FindsForgottenPreparedTransactionsAndSlots) {
  EXPECT_EQ(judge_prepared({}).status, HealthStatus::kOk);
  EXPECT_EQ(judge_prepared({{.name = "x", .role = "ann", .age = minutes{6}}}).status,
            HealthStatus::kProblem);
  EXPECT_EQ(judge_slots({}).status, HealthStatus::kOk);
  EXPECT_EQ(judge_slots({{.name = "s", .is_active = true, .transactions = 10}}).status,
            HealthStatus::kOk);
  EXPECT_EQ(judge_slots({{.name = "s", .is_active = true, .transactions = 2'000'000}}).status,
            HealthStatus::kWarning);
  EXPECT_EQ(judge_slots({{.name = "s", .is_active = false, .transactions = 10}}).status,
            HealthStatus::kProblem);
  const HealthCheck behind =
      judge_slots({{.name = "s", .is_active = true, .transactions = 10, .log_bytes = 5 << 20}});
  EXPECT_EQ(behind.status, HealthStatus::kWarning);
  EXPECT_EQ(behind.value,
            "\"s\" (in use) keeps rows of the last 10 transactions and 6 MiB of the server's log");
  EXPECT_THAT(behind.advice, HasSubstr("does not follow; max_slot_wal_keep_size"));
  const HealthCheck forgotten =
      judge_slots({{.name = "it's", .is_active = false, .log_bytes = 5 << 20}});
  EXPECT_EQ(forgotten.status, HealthStatus::kProblem);
  EXPECT_THAT(forgotten.meaning, HasSubstr("disk"));
  EXPECT_THAT(forgotten.advice, HasSubstr("pg_drop_replication_slot('it''s')"));
}

TEST(ServerHealth, WantsAPartitionAhead) {
  EXPECT_EQ(judge_partitions({.newest_id = 1'500'000, .last_partition = 2}).status,
            HealthStatus::kOk);
  EXPECT_EQ(judge_partitions({.newest_id = 1'500'000, .last_partition = 1}).status,
            HealthStatus::kWarning);
  EXPECT_EQ(judge_partitions({.newest_id = 1'500'000, .last_partition = 0}).status,
            HealthStatus::kProblem);
}

}  // namespace
}  // namespace stint::postgres
