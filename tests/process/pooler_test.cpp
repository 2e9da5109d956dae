// Everything through PgBouncer in transaction mode: no session is anybody's own.
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <vector>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <libpq-fe.h>
#include "app/backends.hpp"
#include "backends/postgres/connection.hpp"
#include "backends/postgres/lock.hpp"
#include "stint/json.hpp"
#include "support/eventually.hpp"
#include "support/postgres_server.hpp"
#include "support/program.hpp"
#include "support/role_options.hpp"
#include "support/store_place.hpp"
#include "support/test_size.hpp"

namespace stint::test {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kPgbouncer = "/usr/sbin/pgbouncer";

class Pooler : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string missing;
    if (!PostgresServer::is_installed(missing)) GTEST_SKIP() << missing;
    if (!std::filesystem::exists(kPgbouncer)) {
      ASSERT_FALSE(is_required("pgbouncer")) << "install pgbouncer";
      GTEST_SKIP() << "install pgbouncer";
    }
    server_.emplace();
    // Few sessions for many clients, so that they are really shared.
    std::ofstream{settings_file()} << fmt::format(
        "[databases]\n* = host=127.0.0.1 port={} user=postgres\n[pgbouncer]\nlisten_addr = "
        "127.0.0.1\n"
        "listen_port = {}\nunix_socket_dir =\nauth_type = any\nauth_file =\npool_mode = "
        "transaction\ndefault_pool_size = 3\nmax_client_conn = 200\n",
        server_->port(), port());
    std::filesystem::permissions(settings_file(), std::filesystem::perms::others_read,
                                 std::filesystem::perm_options::add);
    start_pooler();
    program.set("STINT_STORE", url());
    program.output({"db", "init"});
  }

  std::string settings_file() const { return (server_->folder() / "pgbouncer.ini").string(); }
  int port() const { return port_; }
  std::string url() const {
    return fmt::format("postgresql://postgres@127.0.0.1:{}/postgres?schema=stint", port());
  }
  void start_pooler() {
    pooler_ = std::make_unique<Process>(PostgresServer::as_server(kPgbouncer, {settings_file()}));
    ASSERT_TRUE(eventually([&] {
      return PQping(fmt::format("host=127.0.0.1 port={} user=postgres dbname=postgres", port())
                        .c_str()) == PQPING_OK;
    })) << pooler_->err();
  }
  std::string state(const std::string& id) const {
    return json::parse(program.output({"job", "show", id, "--json"}))["state"];
  }

  Program program{"test_tasks"};
  std::optional<PostgresServer> server_;
  const int port_ = PostgresServer::free_port();
  std::unique_ptr<Process> pooler_;
};

TEST_F(Pooler, CarriesAllThatUsersDo) {
  // Enqueue, work, read.
  for (int i = 0; i < 20; ++i) program.output({"enqueue", "t.double", fmt::format("a={}", i)});
  program.output({"worker", "run", "--drain", "--slots", "4"});
  EXPECT_EQ(lines_of(program.output({"job", "list", "--state", "done", "--json"})).size(), 20U);
  EXPECT_THAT(program.output({"job", "show", "3"}), HasSubstr("done"));
  program.output({"db", "status"});
  program.output({"task", "list"});
  // A worker that stays, and what is asked of it.
  Process worker{program.options({"worker", "run", "--slots", "2"})};
  const std::string waiting = program.output({"enqueue", "t.wait"});
  ASSERT_TRUE(eventually([&] { return state(waiting) == "running"; }));
  program.output({"job", "abort", waiting});
  ASSERT_TRUE(eventually([&] { return state(waiting) == "aborted"; }));
  const std::string doubled = program.output({"enqueue", "t.double", "a=21"});
  EXPECT_EQ(program.run({"job", "wait", doubled}).exit_code, 0);
  EXPECT_THAT(program.output({"job", "show", doubled, "--json"}), HasSubstr("42"));
  // By SQL, in a transaction of its own.
  const postgres::ConnectionPointer session{PQconnectdb(
      fmt::format("host=127.0.0.1 port={} user=postgres dbname=postgres", port()).c_str())};
  const postgres::ResultPointer made{
      PQexec(session.get(), R"(begin; select stint.enqueue('t.double', '{"a": 4}'); commit)")};
  ASSERT_EQ(PQresultStatus(made.get()), PGRES_COMMAND_OK) << PQerrorMessage(session.get());
  ASSERT_TRUE(eventually([&] { return state(std::to_string(std::stoi(doubled) + 1)) == "done"; }))
      << program.output({"job", "list"});
  worker.send_signal(SIGTERM);
  const ProcessResult ended = worker.wait();
  EXPECT_EQ(ended.exit_code, 0) << ended.err;
  EXPECT_THAT(ended.err, HasSubstr("a pooler passes no notifications on: looking by time"));
  EXPECT_THAT(ended.err, Not(HasSubstr(" ERROR "))) << ended.err;
  // Nobody left a LISTEN, or a statement, behind in a session that others get.
  for (const char* left :
       {"select pg_listening_channels()", "select name from pg_prepared_statements"}) {
    for (int i = 0; i < 5; ++i) {
      const postgres::ResultPointer found{PQexec(session.get(), left)};
      EXPECT_EQ(PQntuples(found.get()), 0) << left;
    }
  }
}

TEST_F(Pooler, KeepsOneInstanceLocks) {
  const auto lock = [&] {
    return postgres::make_postgres_lock(role_options("one_instance.postgresql", url()));
  };
  const auto holder = lock();
  const auto waiter = lock();
  const LockRequest request = role_request();
  const LockAttempt won = holder->acquire(request);
  ASSERT_TRUE(won.is_acquired);
  EXPECT_FALSE(waiter->acquire(role_request()).is_acquired);
  // No notification comes through: it waits by time.
  const auto began = std::chrono::steady_clock::now();
  waiter->wait(300ms);
  waiter->wait(300ms);
  EXPECT_GE(std::chrono::steady_clock::now() - began, 300ms);
  EXPECT_TRUE(holder->renew(role_hold(request, won)));
  pooler_->send_signal(SIGKILL);
  pooler_->wait();
  start_pooler();
  EXPECT_TRUE(holder->renew(role_hold(request, won))) << "over a new pooler";
  EXPECT_TRUE(holder->release(role_hold(request, won)));
  EXPECT_TRUE(waiter->acquire(role_request()).is_acquired);
  // The limits of its requests were not left behind in a session that others get.
  const postgres::ConnectionPointer session{PQconnectdb(
      fmt::format("host=127.0.0.1 port={} user=postgres dbname=postgres", port()).c_str())};
  for (int i = 0; i < 5; ++i) {
    const postgres::ResultPointer shown{PQexec(session.get(),
                                               "select current_setting('lock_timeout') || "
                                               "current_setting('statement_timeout')")};
    ASSERT_EQ(PQntuples(shown.get()), 1) << PQerrorMessage(session.get());
    EXPECT_STREQ(PQgetvalue(shown.get(), 0, 0), "00");
  }
}

TEST_F(Pooler, MayBeStartedAnew) {
  Process worker{program.options({"worker", "run", "--slots", "2"})};
  const std::string first = program.output({"enqueue", "t.double", "a=1"});
  ASSERT_TRUE(eventually([&] { return state(first) == "done"; }));
  pooler_->send_signal(SIGKILL);
  pooler_->wait();
  start_pooler();
  const std::string second = program.output({"enqueue", "t.double", "a=1"});
  ASSERT_TRUE(eventually([&] { return state(second) == "done"; }));
  worker.send_signal(SIGTERM);
  const ProcessResult ended = worker.wait();
  EXPECT_EQ(ended.exit_code, 0) << ended.err;
}

// What the contract asks of a store on PostgreSQL, by the program that holds its tests; all of it
// at full size (STINT_FULL=1). Only what waits for notifications cannot be.
TEST_F(Pooler, KeepsTheContract) {
  const std::string tests = std::string{STINT_TEST_PROGRAM_DIR} + "/../tests/stint_contract_tests";
  if (!std::filesystem::exists(tests)) GTEST_SKIP() << "the contract's tests are not built";
  const char* chosen = is_full_size() ? "--gtest_filter=*/postgres*-*WakeUp*"
                                      : "--gtest_filter=*StoreFencing*/postgres";
  const ProcessResult result = run_process(
      {.program = tests,
       .arguments = {chosen},
       .environment = {{"STINT_TEST_POSTGRES",
                        fmt::format("postgresql://postgres@127.0.0.1:{}/postgres", port())}}},
      120s);
  EXPECT_EQ(result.exit_code, 0) << result.out << result.err;
  EXPECT_THAT(result.out, HasSubstr("PASSED"));
}

TEST_F(Pooler, GivesAttemptsTheirTransactions) {
  const auto runs = [this](const char* text) {
    const std::unique_ptr<PGconn, decltype(&PQfinish)> own{
        PQconnectdb(url().substr(0, url().find('?')).c_str()), &PQfinish};
    const std::unique_ptr<PGresult, decltype(&PQclear)> result{PQexec(own.get(), text), &PQclear};
    EXPECT_NE(PQresultStatus(result.get()), PGRES_FATAL_ERROR) << PQerrorMessage(own.get());
    return PQntuples(result.get()) > 0 ? std::string{PQgetvalue(result.get(), 0, 0)} : "";
  };
  runs("create table effect (job bigint, epoch bigint, note text)");
  Program tasks{"transaction_tasks"};
  tasks.set("STINT_STORE", url());
  const std::unique_ptr<Store> store = open_store({.url = url()});
  for (const char* const isolation : {"thread", "process"}) {
    std::vector<NewJob> jobs(
        10, {.task = "x.put", .args = json{{"table", "effect"}, {"note", isolation}}.dump()});
    for (const char* const task : {"x.put_and_commit", "x.put_and_lose"}) {
      jobs.push_back({.task = task, .args = R"({"table": "effect"})"});
    }
    store->enqueue(jobs);
    tasks.output({"worker", "run", "--drain", "--slots", "2", "--isolation", isolation});
  }
  EXPECT_EQ(runs("select count(*) from effect where note in ('thread', 'process')"), "20");
  EXPECT_EQ(runs("select count(*) from effect where note = 'committed'"), "2");
  EXPECT_EQ(runs("select count(*) from effect where note = 'attempt 2'"), "2");
  EXPECT_EQ(lines_of(tasks.output({"job", "list", "--state", "done", "--json"})).size(), 22U);
  EXPECT_EQ(lines_of(tasks.output({"job", "list", "--state", "failed", "--json"})).size(), 2U);
}

}  // namespace
}  // namespace stint::test
