// What `doctor` sees of a server: made ill on purpose.
#include <algorithm>
#include <fmt/format.h>
#include "backends/postgres/backend.hpp"
#include "backends/postgres/inspector.hpp"
#include "postgres_test_base.hpp"
#include "stint/error.hpp"
#include "support/eventually.hpp"

namespace stint::test {
namespace {

using ::testing::HasSubstr;

class PostgresHealth : public PostgresTest {
 protected:
  void TearDown() override {
    if (!role_.empty()) {
      run("drop owned by " + role_);
      run("drop role " + role_);
    }
    PostgresTest::TearDown();
  }

  postgres::PostgresInspector inspector() const {
    return postgres::PostgresInspector{postgres::parse_connect_options(url())};
  }
  /// Make a role that has been granted something, and return the store's URL as it.
  std::string url_of_role(StoreGrant what) {
    role_ = schema() + "_role";
    run("create role " + role_ + " login password 'secret'");
    postgres::postgres_backend().open_schema({.url = url()})->grant(what, role_);
    std::string result = url();
    const auto at = result.find("://") + 3;
    const auto end = result.find('@', at);
    if (end != std::string::npos && end < result.find('/', at)) result.erase(at, end + 1 - at);
    return result.insert(at, role_ + ":secret@");
  }
  static HealthCheck find(const std::vector<HealthCheck>& checks, std::string_view name) {
    const auto found = std::ranges::find(checks, name, &HealthCheck::name);
    if (found != checks.end()) return *found;
    ADD_FAILURE() << "there is no check " << name;
    return {};
  }

 private:
  std::string role_;
};

TEST_F(PostgresHealth, NamesWhoHoldsATransaction) {
  run("set application_name = 'sleepy report'");
  run("begin isolation level repeatable read");
  const std::string pid = run("select pg_backend_pid()").at(0);
  postgres::TransactionFacts held;
  // Three are listed, and other tests have some of their own for a moment.
  EXPECT_TRUE(eventually([&] {
    const auto transactions = inspector().read_transactions();
    const auto found =
        std::ranges::find(transactions, std::stoi(pid), &postgres::TransactionFacts::pid);
    if (found == transactions.end()) return false;
    held = *found;
    return true;
  }));
  EXPECT_EQ(held.application, "sleepy report");
  EXPECT_EQ(held.state, "idle in transaction");
  EXPECT_TRUE(held.holds_vacuum);
  EXPECT_GE(held.age.count(), 0);
  run("rollback");
}

TEST_F(PostgresHealth, CountsDeadRowsAndSeesAutovacuumOff) {
  run("alter table stint.live set (autovacuum_enabled = false)");
  put(200);
  run("delete from stint.live");
  // From PostgreSQL 15 on; before, statistics come by themselves.
  run("do $$ begin perform pg_stat_force_next_flush();"
      " exception when undefined_function then null; end $$");
  EXPECT_TRUE(eventually([&] {
    const auto tables = inspector().read_tables();
    const auto live = std::ranges::find(tables, "live", &postgres::TableFacts::name);
    return live != tables.end() && live->dead_rows >= 200 && live->is_autovacuum_off;
  }));
  const HealthCheck check = find(inspector().check_place(InspectDepth::kQuick), "autovacuum");
  EXPECT_EQ(check.status, HealthStatus::kProblem);
  EXPECT_THAT(check.value, HasSubstr("live"));
}

TEST_F(PostgresHealth, SeesAnOldSchemaAndAMissingPartition) {
  put(1);
  EXPECT_EQ(find(inspector().check_place(InspectDepth::kQuick), "partitions").status,
            HealthStatus::kOk);
  run("drop table stint.job_p1, stint.finished_p1");
  EXPECT_EQ(find(inspector().check_place(InspectDepth::kQuick), "partitions").status,
            HealthStatus::kWarning);
  run("delete from stint.migration where version > 5");
  const SchemaLook look = inspector().look_at_schema();
  EXPECT_EQ(look.version, 5);
  EXPECT_FALSE(look.is_usable());
}

TEST_F(PostgresHealth, SeesDurabilityGivenUp) {
  postgres::PostgresInspector quick{
      postgres::parse_connect_options(url_with("options=-csynchronous_commit%3Doff"))};
  EXPECT_EQ(find(quick.check_place(InspectDepth::kQuick), "durability").status,
            quick.read_server().has_fsync ? HealthStatus::kWarning : HealthStatus::kProblem);
  EXPECT_EQ(quick.read_server().synchronous_commit, "off");
}

TEST_F(PostgresHealth, IsLookedAtWithFewRights) {
  const JobId id = put(2).back();
  postgres::PostgresInspector reader{
      postgres::parse_connect_options(url_of_role(StoreGrant::kRead))};
  // A session of another role is there all the time: that of the test.
  const std::vector<HealthCheck> checks = reader.check_place(InspectDepth::kQuick);
  EXPECT_EQ(find(checks, "oldest_transaction").status, HealthStatus::kUnknown);
  EXPECT_THAT(find(checks, "oldest_transaction").value, HasSubstr("needs pg_monitor"));
  EXPECT_EQ(find(checks, "partitions").status, HealthStatus::kOk);
  EXPECT_EQ(reader.find_place(id, 10)->older, 1);
  EXPECT_EQ(reader.look_at_queue(10).waiting.size(), 1U);
  EXPECT_TRUE(reader.worker_tasks().empty());
  EXPECT_TRUE(reader.look_at_schema().is_usable());
}

}  // namespace
}  // namespace stint::test
