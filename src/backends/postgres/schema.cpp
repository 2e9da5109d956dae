#include "backends/postgres/schema.hpp"
#include <algorithm>
#include <cctype>
#include <cstring>
#include <utility>
#include <fmt/core.h>
#include "backends/postgres/errors.hpp"
#include "base/url.hpp"
#include "base/utf8.hpp"
#include "stint_generated/postgres_sql.hpp"

namespace stint::postgres {
namespace {

std::string script_of(int version, const ConnectOptions& options) {
  const SqlFile& file = sql::kMigrations.at(static_cast<std::size_t>(version) - 1);
  return with_schema(file.text, options.schema);
}

// A literal as the server reads it; used for names that this program has in itself.
std::string note_of(int version, const ConnectOptions& options) {
  return fmt::format(
      "prepare note (integer, text) as\n{};\nexecute note ({}, '{}');\n"
      "deallocate note;\n",
      with_schema(sql::note_migration.text, options.schema), version,
      sql::kMigrations.at(static_cast<std::size_t>(version) - 1).name);
}

// A connection outside of pipeline mode: migrations have many statements each, and a transaction of
// their own that is opened and closed by hand.
class MigrationSession final {
 public:
  explicit MigrationSession(const ConnectOptions& options)
      : options_(options), connection_(connect(options)) {}

  void run(const std::string& text, std::string_view name) {
    const ResultPointer result{PQexec(connection_.get(), text.c_str())};
    const ExecStatusType status = PQresultStatus(result.get());
    if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK) return;
    if (PQstatus(connection_.get()) == CONNECTION_BAD) {
      throw lost_error(connection_.get(), name, true);
    }
    throw statement_error(connection_.get(), result.get(), name);
  }

  void run(const SqlFile& file) { run(with_schema(file.text, options_.schema), file.name); }

  // Wait until no other program migrates this schema; held until the transaction ends.
  void lock() {
    const std::string key = fmt::format("stint migrations of {}", options_.schema);
    const char* value = key.c_str();
    const ResultPointer result{PQexecParams(connection_.get(), lock_text().c_str(), 1, nullptr,
                                            &value, nullptr, nullptr, 0)};
    if (PQresultStatus(result.get()) != PGRES_TUPLES_OK) {
      throw statement_error(connection_.get(), result.get(), sql::lock_migrations.name);
    }
  }

 private:
  std::string lock_text() const { return std::string{sql::lock_migrations.text}; }

  const ConnectOptions& options_;
  ConnectionPointer connection_;
};

const SqlFile& grant_file(StoreGrant what) {
  switch (what) {
    case StoreGrant::kEnqueue:
      return sql::grant_enqueue;
    case StoreGrant::kWorker:
      return sql::grant_worker;
    case StoreGrant::kRead:
      return sql::grant_read;
    case StoreGrant::kOwner:
      break;
  }
  return sql::grant_owner;
}

// As an identifier, for statements and for texts of statements within them.
std::string quoted_role(std::string_view role) {
  constexpr std::size_t kLongest = 63;
  const auto is_plain = [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (std::isalnum(byte) != 0) || byte >= 0x80 || std::strchr("_-.@", c) != nullptr;
  };
  if (role.empty() || role.size() > kLongest || !std::ranges::all_of(role, is_plain)) {
    throw Error{ErrorCode::kInvalid,
                fmt::format("the role \"{}\" must be 1 to {} bytes of letters, digits and _ - . @",
                            sanitize_text(role), kLongest)};
  }
  return fmt::format("\"{}\"", role);
}

}  // namespace

int newest_schema_version() { return static_cast<int>(sql::kMigrations.size()); }

int read_schema_version(Database& database) {
  const ConnectOptions& options = database.options();
  Parameters parameters;
  parameters.add(std::string_view{options.schema});
  const Result state = database.run(sql::schema_state, std::move(parameters));
  const bool has_migrations = state.row(0).boolean(0);
  const std::int64_t others = state.row(0).int64(1);
  const auto foreign = [&] {
    return url_error(
        options.url,
        fmt::format("the schema \"{}\" holds tables that are not Stint's", options.schema),
        "name a schema of its own with ?schema=NAME");
  };
  if (!has_migrations && others > 0) throw foreign();
  if (!has_migrations) return 0;
  try {
    return database.run(sql::schema_version).row(0).int32(0);
  } catch (const Error& error) {
    // A table of that name with other columns.
    if (error.native_code() != "42703") throw;
    throw foreign();
  }
}

void check_schema_version(Database& database) {
  const ConnectOptions& options = database.options();
  const int version = read_schema_version(database);
  const int newest = newest_schema_version();
  if (version == newest) return;
  if (version == 0) {
    throw url_error(options.url,
                    fmt::format("there are no tables in the schema \"{}\"", options.schema),
                    "make them with `stint db init`");
  }
  if (version < newest) {
    throw url_error(
        options.url,
        fmt::format("the tables have version {}, this program needs version {}", version, newest),
        "bring them up to date with `stint db migrate`");
  }
  throw url_error(options.url,
                  fmt::format("the tables have version {}, this program knows only version {}",
                              version, newest),
                  "use a newer version of this program");
}

std::vector<std::string> PostgresSchema::migrate() {
  const ConnectOptions& options = database_.options();
  std::vector<std::string> applied;
  // Another program may migrate at the same time: the version counts once the lock is held.
  while (true) {
    MigrationSession session(options);
    session.run("begin", "begin");
    session.lock();
    const int version = read_schema_version(database_);
    const int newest = newest_schema_version();
    if (version > newest) check_schema_version(database_);
    if (version == newest) {
      session.run("rollback", "rollback");
      return applied;
    }
    if (version == 0) session.run(sql::create_schema);
    const std::string_view name = sql::kMigrations.at(static_cast<std::size_t>(version)).name;
    session.run(script_of(version + 1, options), name);
    session.run(note_of(version + 1, options), name);
    session.run("commit", name);
    applied.emplace_back(name);
  }
}

std::string PostgresSchema::migration_script() {
  const ConnectOptions& options = database_.options();
  std::string script;
  for (int version = read_schema_version(database_); version < newest_schema_version(); ++version) {
    script += "begin;\n\n";
    if (version == 0) {
      script += with_schema(sql::create_schema.text, options.schema) + ";\n\n";
    }
    script += script_of(version + 1, options) + "\n" + note_of(version + 1, options);
    script += "\ncommit;\n";
  }
  return script;
}

void PostgresSchema::reset() {
  // Whose tables they are is found out first: nobody else's are touched.
  if (read_schema_version(database_) == 0) return;
  MigrationSession session(database_.options());
  session.run("begin", "begin");
  session.lock();
  session.run(sql::drop_tables);
  session.run("commit", "commit");
}

std::string PostgresSchema::grant_script(StoreGrant what, std::string_view role) {
  check_schema_version(database_);
  std::string script = with_schema(grant_file(what).text, database_.options().schema);
  constexpr std::string_view kMark = "/* ROLE */";
  const std::string name = quoted_role(role);
  for (auto at = script.find(kMark); at != std::string::npos; at = script.find(kMark, at)) {
    script.replace(at, kMark.size(), name);
  }
  return script;
}

void PostgresSchema::grant(StoreGrant what, std::string_view role) {
  const std::string script = grant_script(what, role);
  MigrationSession session(database_.options());
  session.run(script, grant_file(what).name);  // one transaction
}

}  // namespace stint::postgres
