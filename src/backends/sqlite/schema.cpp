#include "backends/sqlite/schema.hpp"
#include <chrono>
#include <utility>
#include <fmt/format.h>
#include "stint/error.hpp"
#include "stint_generated/sqlite_sql.hpp"

namespace stint::sqlite {
namespace {

// "STNT", as the first migration sets it.
constexpr std::int64_t kApplicationId = 1'398'034'004;

/// A transaction for a scope, undone unless it is committed.
class SchemaTransaction final {
 public:
  explicit SchemaTransaction(Connection& connection) : connection_(connection) {
    connection_.execute("begin immediate", "begin");
  }
  ~SchemaTransaction() {
    if (connection_.in_transaction()) {
      sqlite3_exec(connection_.handle(), "rollback", nullptr, nullptr, nullptr);
    }
  }
  SchemaTransaction(const SchemaTransaction&) = delete;
  SchemaTransaction& operator=(const SchemaTransaction&) = delete;

  void commit() { connection_.execute("commit", "commit"); }

 private:
  Connection& connection_;
};

Error foreign_file(const std::string& path) {
  return Error{ErrorCode::kConfiguration,
               fmt::format("{} is a database of SQLite, but holds no store of Stint; name another "
                           "file in the URL",
                           path),
               {.backend = "sqlite"}};
}

void check_not_newer(int version, const std::string& path) {
  if (version <= newest_schema_version()) return;
  throw Error{ErrorCode::kConfiguration,
              fmt::format("the tables in {} have version {}, this program knows versions up to {}; "
                          "update this program",
                          path, version, newest_schema_version()),
              {.backend = "sqlite"}};
}

std::int64_t now_micros() { return to_micros(std::chrono::system_clock::now()); }

void apply(Connection& connection, int number, const SqlFile& migration) {
  connection.execute(std::string{migration.text}, migration.name);
  connection.use(sql::note_migration).bind(number, migration.name, now_micros()).run();
}

}  // namespace

int schema_version(Connection& connection) {
  std::int64_t objects = 0;
  bool has_migrations = false;
  {
    Query query = connection.use(sql::schema_state);
    query.step();
    objects = query.int64(0);
    has_migrations = query.int64(1) > 0;
  }
  if (objects == 0) return 0;
  if (!has_migrations || connection.read_pragma("application_id") != kApplicationId) {
    throw foreign_file(connection.path());
  }
  Query query = connection.use(sql::schema_version);
  query.step();
  return query.integer(0);
}

int newest_schema_version() { return static_cast<int>(sql::kMigrations.size()); }

std::vector<std::string> migrate_schema(Connection& connection, Turn& turn,
                                        std::chrono::nanoseconds turn_limit) {
  // Before anything is changed: a file that is not ours stays as it is.
  schema_version(connection);
  std::vector<std::string> applied;
  for (;;) {
    const HeldTurn held{turn, turn_limit};
    // Kept by the file; cannot be changed within a transaction.
    connection.execute("pragma journal_mode = wal", "journal_mode");
    SchemaTransaction transaction{connection};
    const int version = schema_version(connection);
    check_not_newer(version, connection.path());
    if (version == newest_schema_version()) return applied;
    const SqlFile& migration = sql::kMigrations.at(static_cast<std::size_t>(version));
    apply(connection, version + 1, migration);
    transaction.commit();
    applied.emplace_back(migration.name);
  }
}

Location prepare_tables(std::string_view url, std::chrono::nanoseconds turn_limit) {
  check_library_version();
  Location location = parse_location(url);
  make_place(location);
  Connection connection{location.path};
  FileTurn turn{location.turn_path()};
  migrate_schema(connection, turn, turn_limit);
  return location;
}

Schema::Schema(Connection connection, std::function<std::shared_ptr<Turn>()> make_turn)
    : connection_(std::move(connection)), make_turn_(std::move(make_turn)) {}

Schema::Schema(const StoreOptions& options) : Schema(parse_location(options.url)) {}

Schema::Schema(const Location& location)
    : Schema((check_library_version(), make_place(location), Connection{location.path}),
             [location] { return std::make_shared<FileTurn>(location.turn_path()); }) {}

std::string Schema::migration_script() {
  const int version = schema_version(connection_);
  check_not_newer(version, connection_.path());
  std::string script;
  for (auto i = static_cast<std::size_t>(version); i < sql::kMigrations.size(); ++i) {
    script += sql::kMigrations[i].text;
  }
  return script;
}

void Schema::reset() {
  // Also what is newer than we know may be dropped, but nothing that is not ours.
  if (schema_version(connection_) == 0) return;
  const std::shared_ptr<Turn> turn = make_turn_();
  const HeldTurn held{*turn};
  SchemaTransaction transaction{connection_};
  std::vector<std::string> names;
  {
    Query query = connection_.use(sql::table_names);
    while (query.step()) names.push_back(query.text(0));
  }
  for (const std::string& name : names) {
    connection_.execute(fmt::format("drop table \"{}\"", name), "reset");
  }
  transaction.commit();
}

std::string Schema::grant_script(StoreGrant /*what*/, std::string_view /*role*/) {
  throw Error{
      ErrorCode::kConfiguration,
      fmt::format("{} has no roles: the rights of the file and its folder decide who may use "
                  "it",
                  connection_.path())};
}

}  // namespace stint::sqlite
