// Migrations: killed at each statement, beside held locks, and with programs of other versions.
#include <atomic>
#include <chrono>
#include <stdexcept>
#include <thread>
#include <vector>
#include <fmt/format.h>
#include <libpq-fe.h>
#include "backends/postgres/connection.hpp"
#include "backends/postgres/database.hpp"
#include "backends/postgres/migration.hpp"
#include "backends/postgres/result.hpp"
#include "backends/postgres/schema.hpp"
#include "base/test_point.hpp"
#include "postgres_test_base.hpp"
#include "support/eventually.hpp"

namespace stint::test {
namespace {

using postgres::MigrationSet;
using std::chrono::milliseconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr SqlFile kGentle{
    "006_gentle",
    "-- oldest-program: 5\n"
    "alter table /* SCHEMA */worker add column color text;\n"
    "create function /* SCHEMA */color() returns text language plpgsql as $$\n"
    "begin return 'red;'; end $$;\n"};
constexpr SqlFile kIndexes{
    "007_indexes",
    "-- Two indexes; the tables are in use.\n"
    "-- outside-transaction\n"
    "-- oldest-program: 5\n"
    "create index concurrently if not exists log_at on /* SCHEMA */log (at);\n"
    "create index concurrently if not exists attempt_worker on /* SCHEMA */attempt (worker);\n"};
constexpr SqlFile kBreaking{"008_breaking", "alter table /* SCHEMA */worker drop column color;\n"};

struct KilledHere : std::runtime_error {
  KilledHere() : std::runtime_error{"killed"} {}
};

class PostgresMigrations : public PostgresTest {
 protected:
  static MigrationSet known() { return postgres::known_migrations(); }
  static MigrationSet first(int count) { return known().first(static_cast<std::size_t>(count)); }
  static int newest() { return static_cast<int>(known().size()); }
  /// What this program knows, and more.
  static std::vector<SqlFile> known_and(std::initializer_list<SqlFile> more) {
    std::vector<SqlFile> all{known().begin(), known().end()};
    all.insert(all.end(), more);
    return all;
  }

  std::unique_ptr<postgres::PostgresSchema> tables(MigrationSet migrations) const {
    return std::make_unique<postgres::PostgresSchema>(postgres::parse_connect_options(url()),
                                                      migrations);
  }
  std::vector<std::string> migrate(MigrationSet migrations,
                                   const MigrateOptions& options = {}) const {
    return tables(migrations)->migrate(options);
  }
  int version() const { return tables(known())->version(); }
  /// Begin anew with the tables of an old version.
  void start_at(int version) {
    tables(known())->reset();
    migrate(first(version));
  }
  /// A job that waits and one that is done, as the first version had them.
  void put_old_jobs() {
    run("select stint.make_partition(0); select setval('stint.job_id', 2);"
        "insert into stint.job (id, created_at, run_at, timeout_ms, priority, max_attempts, flags,"
        " has_attachments, domain, task, args) select i, now(), now(), 0, 0, 1, 0, false,"
        " 'default', 't.run', '{}' from generate_series(1, 2) i;"
        "insert into stint.live (id, run_at, priority, state, flags, max_attempts, domain, task)"
        " values (1, now(), 0, 1, 0, 1, 'default', 't.run');"
        "insert into stint.finished (id, epoch, run_at, finished_at, attempts, interruptions,"
        " crashes, failures, state, domain) values (2, 1, now(), now(), 1, 0, 0, 0, 4, 'default')");
  }
  void expect_old_jobs() {
    const ClaimRequest request = claim_of(new_worker(store()));
    const std::vector<ClaimedJob> claimed = store().exchange({}, &request).claimed;
    ASSERT_THAT(claimed, SizeIs(1));
    EXPECT_EQ(claimed[0].id, JobId{1});
    EXPECT_EQ(store().find_job(JobId{2}).value().state, JobState::kDone);
  }
  /// Have `act` done at the n-th statement of a migration, then try again until it goes through.
  /// Returns at how many places it was done.
  int interrupt_everywhere(MigrationSet migrations, const std::function<void()>& act) {
    int interrupted = 0;
    for (int place = 1;; ++place) {
      int arrivals = 0;
      const int before = version();
      {
        const ArmedTestPoint point{"migrator.statement", [&] {
                                     if (++arrivals == place) act();
                                   }};
        try {
          migrate(migrations);
        } catch (const std::exception&) {
          ++interrupted;
          // Nothing that was committed is lost, and each goes on where it stood.
          EXPECT_GE(version(), before);
          if (version() > before) place = 0;
          continue;
        }
      }
      return interrupted;
    }
  }
  /// The session that migrates these tables.
  std::string migrator() const {
    return fmt::format(
        "(select pid from pg_locks where locktype = 'advisory' and granted and"
        " (classid::bigint << 32 | objid::bigint) = hashtextextended('stint migrations of {}', 0))",
        schema());
  }
};

TEST_F(PostgresMigrations, LeadToTheSameTablesFromEveryVersion) {
  const std::string fresh = describe_schema();
  for (int from = 1; from < newest(); ++from) {
    start_at(from);
    ASSERT_EQ(version(), from);
    put_old_jobs();
    EXPECT_THAT(migrate(known()), SizeIs(static_cast<std::size_t>(newest() - from)));
    EXPECT_EQ(describe_schema(), fresh) << "from version " << from;
    EXPECT_NO_FATAL_FAILURE(expect_old_jobs());
  }
}

TEST_F(PostgresMigrations, CanBeKilledAtEachStatement) {
  const std::string fresh = describe_schema();
  start_at(1);
  put_old_jobs();
  const int killed = interrupt_everywhere(known(), [] { throw KilledHere{}; });
  EXPECT_GT(killed, 30) << "as many as there are statements";
  EXPECT_EQ(version(), newest());
  EXPECT_EQ(describe_schema(), fresh);
  EXPECT_NO_FATAL_FAILURE(expect_old_jobs());
}

TEST_F(PostgresMigrations, CanLoseTheirSessionAtEachStatement) {
  const std::string fresh = describe_schema();
  start_at(4);
  put_old_jobs();
  const int lost = interrupt_everywhere(
      known(), [&] { run("select pg_terminate_backend(pid) from" + migrator() + "as m"); });
  EXPECT_GE(lost, 4);
  EXPECT_EQ(describe_schema(), fresh);
  EXPECT_NO_FATAL_FAILURE(expect_old_jobs());
}

TEST_F(PostgresMigrations, OutsideOfTransactionsCanBeKilledAtEachStatement) {
  const std::vector<SqlFile> more = known_and({kGentle, kIndexes});
  const int killed = interrupt_everywhere(more, [] { throw KilledHere{}; });
  EXPECT_GE(killed, 6);
  EXPECT_EQ(version(), newest() + 2);
  EXPECT_THAT(
      run("select relname from pg_index join pg_class on oid = indexrelid where relnamespace"
          " = '" +
          schema() +
          "'::regnamespace and indisvalid and relname in ('log_at',"
          " 'attempt_worker') order by 1"),
      ElementsAre("attempt_worker", "log_at"));
}

TEST_F(PostgresMigrations, BuildIndexesAnewThatWereNotFinished) {
  migrate(known_and({kGentle}));
  const std::vector<SqlFile> more = known_and({kGentle, kIndexes});
  // It waits for this transaction, which has written to the table. The session does nothing else:
  // were it asked something just when the first index is nearly built, then that one would wait for
  // it as well, as for all transactions that read at that moment.
  const postgres::ConnectionPointer writer =
      postgres::connect(postgres::parse_connect_options(url()));
  const auto tell_writer = [&](const std::string& text) {
    const postgres::ResultPointer result{PQexec(writer.get(), text.c_str())};
    EXPECT_EQ(PQresultStatus(result.get()), PGRES_COMMAND_OK) << PQerrorMessage(writer.get());
  };
  tell_writer(
      fmt::format("begin; insert into \"{}\".attempt (job, epoch, ended_at, attempt, cause)"
                  " values (1, 1, now(), 1, 'error')",
                  schema()));
  std::thread thread{[&] { EXPECT_THROW(migrate(more), Error); }};
  const std::string invalid =
      "select relname from pg_index join pg_class on oid = indexrelid where"
      " relnamespace = '" +
      schema() + "'::regnamespace and not indisvalid";
  EXPECT_TRUE(
      eventually([&] { return run(invalid) == std::vector<std::string>{"attempt_worker"}; }));
  EXPECT_TRUE(eventually([&] {
    return run("select pg_terminate_backend(pid) from" + migrator() + "as m").size() == 1;
  }));
  thread.join();
  tell_writer("commit");
  EXPECT_THAT(run(invalid), ElementsAre("attempt_worker"));
  EXPECT_EQ(version(), newest() + 1);
  EXPECT_THAT(migrate(more), ElementsAre("007_indexes"));
  EXPECT_THAT(run(invalid), IsEmpty());
}

TEST_F(PostgresMigrations, NameWhoIsInTheirWay) {
  start_at(4);
  const std::string me = run("select pg_backend_pid()").at(0);
  run("begin; select count(*) from stint.worker");
  std::vector<std::string> told;
  const MigrateOptions options{.patience = milliseconds{1200},
                               .tell = [&](std::string_view text) { told.emplace_back(text); }};
  try {
    migrate(known(), options);
    ADD_FAILURE() << "it had the lock";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kBusy);
    EXPECT_THAT(error.what(),
                HasSubstr("the migration 005_operations waits for the session " + me));
    EXPECT_THAT(error.what(), HasSubstr("pg_terminate_backend(" + me + ")"));
  }
  EXPECT_THAT(told, SizeIs(1)) << "once for each that is in the way";
  EXPECT_EQ(version(), 4);
  run("commit");
  EXPECT_THAT(migrate(known()), SizeIs(static_cast<std::size_t>(newest() - 4)));
}

TEST_F(PostgresMigrations, WaitForAnotherProgram) {
  start_at(4);
  run(
      fmt::format("begin; select pg_advisory_xact_lock(hashtextextended('stint migrations of {}', "
                  "0))",
                  schema()));
  std::atomic<bool> has_waited{false};
  std::thread thread{[&] {
    migrate(known(), {.tell = [&](std::string_view text) {
              EXPECT_THAT(text, HasSubstr("another program"));
              has_waited = true;
            }});
  }};
  EXPECT_TRUE(eventually([&] { return has_waited.load(); }));
  run("commit");
  thread.join();
  EXPECT_EQ(version(), newest());
}

// What a rolling deployment does: the tables first, the programs one after the other.
TEST_F(PostgresMigrations, LeaveProgramsOfThePreviousReleaseAtWork) {
  Store& running = store();
  const WorkerId worker = new_worker(running);
  const ClaimRequest request = claim_of(worker);
  put(3);
  migrate(known_and({kGentle, kIndexes}));
  // One that runs goes on, on the connections that it has and on new ones.
  const std::vector<ClaimedJob> claimed = running.exchange({}, &request).claimed;
  ASSERT_THAT(claimed, SizeIs(3));
  EXPECT_TRUE(running.beat(worker, "{}"));
  run("select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'stint'"
      " and query like '%" +
      schema() + "%' and pid <> pg_backend_pid()");
  EXPECT_TRUE(running.beat(worker, "{}"));
  // One that starts finds that it may.
  const auto started = open(url());
  EXPECT_TRUE(started->find_job(claimed[0].id).has_value());
  EXPECT_THAT(migrate(known()), IsEmpty()) << "it has nothing to add";
}

TEST_F(PostgresMigrations, RefuseProgramsThatAreTooOld) {
  postgres::Database database{postgres::parse_connect_options(url())};
  migrate(known_and({kGentle, kIndexes, kBreaking}));
  try {
    open(url());
    ADD_FAILURE() << "it was opened";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kConfiguration);
    EXPECT_THAT(error.what(), HasSubstr("no longer fit for it"));
  }
  EXPECT_THROW(migrate(known()), Error);
  // The middle one may say what it likes: the newest counts, too.
  EXPECT_NO_THROW(
      postgres::check_schema_version(database, known_and({kGentle, kIndexes, kBreaking})));
  EXPECT_THROW(postgres::check_schema_version(database, known_and({kGentle})), Error);
}

}  // namespace
}  // namespace stint::test
