#include "backends/postgres/migrator.hpp"
#include <algorithm>
#include <utility>
#include <fmt/core.h>
#include "backends/postgres/errors.hpp"
#include "backends/postgres/schema.hpp"
#include "backends/postgres/statements.hpp"
#include "base/clock.hpp"
#include "base/mutex.hpp"
#include "base/test_point.hpp"
#include "base/url.hpp"
#include "base/utf8.hpp"
#include "stint_generated/postgres_sql.hpp"

namespace stint::postgres {
namespace {

using std::chrono::nanoseconds;

constexpr nanoseconds kFirstPause = milliseconds{200};
constexpr nanoseconds kLongestMigratorPause = std::chrono::seconds{5};
// A transaction that had no time to end meanwhile is not what is in the way.
constexpr milliseconds kLongerThanAMoment{300};

bool is_lock_refused(const Error& error) {
  return error.native_code() == "55P03" || error.native_code() == sqlstate::kDeadlockDetected;
}

/// A statement with its values in it, which come from this program; as libpq takes several at once.
std::string executed(const SqlFile& file, std::string_view schema, std::string_view types,
                     const std::string& values) {
  return fmt::format("prepare note ({}) as\n{};\nexecute note ({});\ndeallocate note;\n", types,
                     with_schema(file.text, schema), values);
}

void let_pass(nanoseconds duration) {
  Mutex mutex;
  CondVar nobody_signals;
  MutexLock lock{mutex};
  nobody_signals.wait_for(lock, duration);
}

}  // namespace

std::string note_script(const Migration& migration, std::string_view schema) {
  std::string script = executed(sql::note_migration, schema, "integer, text",
                                fmt::format("{}, '{}'", migration.version(), migration.name()));
  if (migration.oldest_program()) {
    script += executed(sql::note_oldest_program, schema, "integer, integer",
                       fmt::format("{}, {}", migration.version(), *migration.oldest_program()));
  }
  return script;
}

std::string lock_timeout_script() {
  return fmt::format("set local lock_timeout = {};\nset local statement_timeout = 0;\n",
                     Migrator::kLockTimeout.count());
}

Migrator::Migrator(Database& database, MigrationSet migrations, const MigrateOptions& options)
    : database_(database),
      migrations_(migrations),
      options_(options),
      give_up_at_(real_clock().boot_now() + options.patience) {}

std::vector<std::string> Migrator::run() {
  std::vector<std::string> applied;
  for (;;) {
    std::string name;
    try {
      const Step step = try_next(name);
      if (step == Step::kNothingLeft) return applied;
      if (step == Step::kApplied) {
        applied.push_back(std::move(name));
        pause_ = nanoseconds{0};
        continue;
      }
    } catch (const Error& error) {
      if (!is_lock_refused(error)) throw;
      rest(fmt::format("the migration {} waits for {}", name, lock_holder()));
      continue;
    }
    rest("another program is migrating these tables");
  }
}

Migrator::Step Migrator::try_next(std::string& name) {
  MigrationSession session{database_.options()};
  session.run("begin;\n" + lock_timeout_script(), "begin");
  if (!session.try_lock(sql::lock_migrations)) return Step::kOthersMigrate;
  // Another program may have migrated meanwhile: the version counts once the lock is held.
  const int version = read_schema_version(database_);
  if (version >= static_cast<int>(migrations_.size())) {
    check_schema_version(database_, migrations_);
    return Step::kNothingLeft;
  }
  const Migration migration = migration_to(migrations_, version + 1);
  name = migration.name();
  if (migration.is_outside_transaction()) {
    session.run("rollback", "rollback");
    return apply_outside(session, migration);
  }
  apply(session, migration, version == 0);
  return Step::kApplied;
}

void Migrator::apply(MigrationSession& session, const Migration& migration, bool is_first) {
  if (is_first) session.run(sql::create_schema);
  for (const std::string& statement : migration.statements(database_.options().schema)) {
    STINT_TEST_POINT("migrator.statement");
    session.run(statement, migration.name());
  }
  STINT_TEST_POINT("migrator.statement");
  note(session, migration);
  STINT_TEST_POINT("migrator.statement");
  session.run("commit", migration.name());
  STINT_TEST_POINT("migrator.committed");
}

Migrator::Step Migrator::apply_outside(MigrationSession& session, const Migration& migration) {
  if (!session.try_lock(sql::lock_migrations_for_session)) return Step::kOthersMigrate;
  if (read_schema_version(database_) != migration.version() - 1) return Step::kOthersMigrate;
  // These locks stop no writer, and who waits for them stops none either.
  const auto left = std::chrono::ceil<milliseconds>(give_up_at_ - real_clock().boot_now());
  session.run(fmt::format("set lock_timeout = {}; set statement_timeout = 0",
                          std::max<std::int64_t>(left.count(), kLockTimeout.count())),
              "set");
  drop_invalid_indexes(session);
  for (const std::string& statement : migration.statements(database_.options().schema)) {
    STINT_TEST_POINT("migrator.statement");
    session.run(statement, migration.name());
  }
  STINT_TEST_POINT("migrator.statement");
  session.run("begin", "begin");
  note(session, migration);
  session.run("commit", migration.name());
  STINT_TEST_POINT("migrator.committed");
  return Step::kApplied;
}

// What a killed program left half built: `if not exists` would take it for whole.
void Migrator::drop_invalid_indexes(MigrationSession& session) {
  const std::string& schema = database_.options().schema;
  Parameters parameters;
  parameters.add(std::string_view{schema});
  const Result invalid = database_.run(sql::list_invalid_indexes, std::move(parameters));
  for (int i = 0; i < invalid.rows(); ++i) {
    session.run(
        fmt::format("drop index concurrently if exists \"{}\".{}", schema, invalid.row(i).text(0)),
        "drop index");
  }
}

void Migrator::note(MigrationSession& session, const Migration& migration) {
  session.run(note_script(migration, database_.options().schema), migration.name());
}

void Migrator::rest(const std::string& obstacle) {
  const nanoseconds now = real_clock().boot_now();
  if (now >= give_up_at_) {
    throw Error{
        ErrorCode::kBusy,
        fmt::format("gave up after {} s: {}; what was applied stays, and `stint db migrate` "
                    "goes on from there",
                    std::chrono::duration_cast<std::chrono::seconds>(options_.patience).count(),
                    obstacle),
        {.retryable = true, .backend = "postgresql"}};
  }
  if (options_.tell && told_ != obstacle) options_.tell(obstacle);
  told_ = obstacle;
  pause_ = std::clamp(pause_ * 2, kFirstPause, kLongestMigratorPause);
  let_pass(std::min(pause_, give_up_at_ - now));
}

std::string Migrator::lock_holder() {
  Parameters parameters;
  parameters.add(std::string_view{database_.options().schema})
      .add(std::int64_t{kLongerThanAMoment.count()});
  const Result found = database_.run(sql::find_lock_holder, std::move(parameters));
  if (found.empty()) return "transactions that come and go";
  const Row row = found.row(0);
  const int process = row.int32(0);
  std::string who = fmt::format("the session {}", process);
  constexpr std::pair<int, std::string_view> kDetails[] = {
      {1, "user"}, {2, "program"}, {3, "address"}, {4, "state"}};
  std::string details;
  for (const auto& [column, label] : kDetails) {
    const std::string text = sanitize_text(row.text(column));
    if (!text.empty()) {
      details += fmt::format("{}{} \"{}\"", details.empty() ? "" : ", ", label, text);
    }
  }
  if (!details.empty()) who += fmt::format(" ({})", details);
  // Seconds would make each look another message.
  constexpr std::int64_t kLong = 60;
  if (row.int64(5) >= kLong) {
    who += fmt::format(", whose transaction has been open for {} min", row.int64(5) / kLong);
  }
  return fmt::format(
      "{}: end it, or have the server do so with `select "
      "pg_terminate_backend({})`",
      who, process);
}

}  // namespace stint::postgres
