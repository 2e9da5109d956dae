// `doctor` and a server that is kept from its work: by a prepared transaction that nobody ended,
// and by replication slots that nobody uses.
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <libpq-fe.h>
#include "backends/postgres/connection.hpp"
#include "backends/postgres/result.hpp"
#include "stint/json.hpp"
#include "support/eventually.hpp"
#include "support/fake_clock.hpp"
#include "support/postgres_server.hpp"
#include "support/program.hpp"

namespace stint::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class DoctorOfServer : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string missing;
    if (!PostgresServer::is_installed(missing)) GTEST_SKIP() << missing;
    server_ = std::make_unique<PostgresServer>(PostgresServer::Options{
        .settings = {"max_prepared_transactions = 2", "wal_level = logical", "max_wal_size = 32MB",
                     "min_wal_size = 32MB", "wal_init_zero = off"},
        .has_fake_clock = true});
    program_.set("STINT_STORE", server_->url());
    program_.output({"db", "init"});
  }

  /// The checks that are not ok, by their names. The exit code must be that of what is found.
  json problems() const {
    const ProcessResult result = program_.run({"doctor", "--json", "--problems"});
    json found = json::object();
    bool is_ill = false;
    for (const std::string& line : lines_of(result.out)) {
      const json check = json::parse(line);
      is_ill = is_ill || check["status"] == "problem";
      found[check["check"].get<std::string>()] = check;
    }
    EXPECT_EQ(result.exit_code, is_ill ? 1 : 0) << result.out << result.err;
    return found;
  }
  /// Prepare a transaction, by the clock of ten minutes ago.
  void prepare(const std::string& name) {
    const FakeClock clock{server_->folder() / "clock"};
    clock.set_ahead(std::chrono::minutes{-10});
    server_->run(
        fmt::format("begin; create table half_done (id int); prepare transaction {}", name));
    clock.set_ahead(std::chrono::seconds{0});
  }
  /// Be a standby that has told which rows it still reads (hot_standby_feedback), and die.
  void follow_and_die(const std::string& slot) {
    const std::string start = server_
                                  ->run(
                                      "select restart_lsn from pg_replication_slots"
                                      " where slot_name = '" +
                                      slot + "'")
                                  .at(0);
    const auto xid = static_cast<std::uint32_t>(
        std::stoull(server_->run("select pg_snapshot_xmin(pg_current_snapshot())").at(0)));
    const postgres::ConnectionPointer standby{PQconnectdb(
        fmt::format("host=127.0.0.1 port={} user=postgres replication=true", server_->port())
            .c_str())};
    const postgres::ResultPointer started{
        PQexec(standby.get(),
               fmt::format("START_REPLICATION SLOT \"{}\" PHYSICAL {}", slot, start).c_str())};
    ASSERT_EQ(PQresultStatus(started.get()), PGRES_COPY_BOTH) << PQerrorMessage(standby.get());
    // The message: its kind, the time, the oldest transaction that is needed, its epoch, and the
    // same two for catalogues, of which none is.
    std::array<char, 1 + 8 + 4 * 4> feedback{'h'};
    for (std::size_t i = 0; i < 4; ++i) {
      feedback.at(9 + i) = static_cast<char>(xid >> (24 - 8 * i) & 0xFFU);
    }
    ASSERT_EQ(PQputCopyData(standby.get(), feedback.data(), static_cast<int>(feedback.size())), 1);
    ASSERT_EQ(PQflush(standby.get()), 0);
    ASSERT_TRUE(
        eventually([&] { return has_slot("slot_name = '" + slot + "' and xmin is not null"); }));
  }
  bool has_slot(const std::string& that) const {
    return server_->run("select from pg_replication_slots where " + that).size() == 1;
  }
  /// Have the server write more of its log than it wants to keep.
  void write_log() {
    for (int segments = 0; segments < 4; ++segments) {
      server_->run("create table filler (id int); drop table filler");
      server_->run("select pg_switch_wal()");
    }
  }

  std::unique_ptr<PostgresServer> server_;
  Program program_{"test_tasks"};
};

TEST_F(DoctorOfServer, NamesWhatKeepsItFromItsWorkUntilItIsGone) {
  ASSERT_THAT(problems(), IsEmpty());
  server_->run("select pg_create_logical_replication_slot('gone_subscriber', 'pgoutput')");
  EXPECT_THAT(problems(), IsEmpty()) << "it keeps little";
  server_->run("select pg_create_physical_replication_slot('gone_standby', true)");
  ASSERT_NO_FATAL_FAILURE(follow_and_die("gone_standby"));
  ASSERT_TRUE(eventually([&] { return has_slot("slot_name = 'gone_standby' and not active"); }));
  prepare("'eve''s transfer'");
  write_log();

  json found = problems();
  const json& prepared = found["prepared_transactions"];
  EXPECT_EQ(prepared["status"], "problem");
  EXPECT_THAT(prepared["value"], AllOf(HasSubstr("\"eve's transfer\" of role postgres"),
                                       HasSubstr("prepared 10m ago")));
  EXPECT_THAT(prepared["advice"], HasSubstr("rollback prepared 'eve''s transfer'"));
  const json& standby = found["replication_slots"];
  EXPECT_EQ(standby["status"], "problem");
  EXPECT_THAT(standby["value"],
              AllOf(HasSubstr("\"gone_standby\" (not in use) keeps rows of the last "),
                    HasSubstr("MiB of the server's log")));
  EXPECT_THAT(standby["advice"], AllOf(HasSubstr("pg_drop_replication_slot('gone_standby')"),
                                       HasSubstr("max_slot_wal_keep_size")));
  EXPECT_EQ(found.size(), 2U) << found.dump(2);

  // The ways out, as they were told.
  server_->run("rollback prepared 'eve''s transfer'");
  server_->run("select pg_drop_replication_slot('gone_standby')");
  found = problems();
  EXPECT_THAT(found["replication_slots"]["value"],
              AllOf(HasSubstr("\"gone_subscriber\" (not in use) keeps "),
                    HasSubstr(" MiB of the server's log")));
  EXPECT_EQ(found.size(), 1U) << found.dump(2);
  server_->run("select pg_drop_replication_slot('gone_subscriber')");
  EXPECT_THAT(problems(), IsEmpty());
}

}  // namespace
}  // namespace stint::test
