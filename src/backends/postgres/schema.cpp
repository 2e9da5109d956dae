#include "backends/postgres/schema.hpp"
#include <algorithm>
#include <cctype>
#include <cstring>
#include <utility>
#include <fmt/core.h>
#include "backends/postgres/migration_session.hpp"
#include "backends/postgres/migrator.hpp"
#include "base/url.hpp"
#include "base/utf8.hpp"
#include "stint_generated/postgres_sql.hpp"

namespace stint::postgres {
namespace {

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

Error table_error(const ConnectOptions& options, std::string_view cause, std::string_view way_out) {
  return Error{ErrorCode::kConfiguration,
               fmt::format("{}: {}; {}", redacted(options.url), cause, way_out),
               {.backend = "postgresql"}};
}

}  // namespace

MigrationSet known_migrations() { return sql::kMigrations; }

int newest_schema_version() { return static_cast<int>(known_migrations().size()); }

int read_schema_version(Database& database) {
  const ConnectOptions& options = database.options();
  Parameters parameters;
  parameters.add(std::string_view{options.schema});
  const Result state = database.run(sql::schema_state, std::move(parameters));
  const bool has_migrations = state.row(0).boolean(0);
  const std::int64_t others = state.row(0).int64(1);
  const auto foreign = [&] {
    return table_error(
        options, fmt::format("the schema \"{}\" holds tables that are not Stint's", options.schema),
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

bool takes_programs_of(Database& database, int program_version) {
  try {
    Parameters parameters;
    parameters.add(std::int32_t{program_version});
    const Result oldest = database.run(sql::oldest_program, std::move(parameters));
    return oldest.row(0).int32(0) <= program_version;
  } catch (const Error& error) {
    if (error.native_code() != "42703") throw;
    return false;  // from before tables said so
  }
}

void check_schema_version(Database& database, MigrationSet migrations) {
  const ConnectOptions& options = database.options();
  const int version = read_schema_version(database);
  const int newest = static_cast<int>(migrations.size());
  if (version == newest) return;
  if (version == 0) {
    throw table_error(options,
                      fmt::format("there are no tables in the schema \"{}\"", options.schema),
                      "make them with `stint db init`");
  }
  if (version < newest) {
    throw table_error(
        options,
        fmt::format("the tables have version {}, this program needs version {}", version, newest),
        "bring them up to date with `stint db migrate`");
  }
  if (takes_programs_of(database, newest)) return;
  throw table_error(
      options,
      fmt::format("the tables have version {}, this program knows only version {}, and "
                  "they are no longer fit for it",
                  version, newest),
      "use a newer version of this program");
}

std::vector<std::string> PostgresSchema::migrate(const MigrateOptions& options) {
  return Migrator{database_, migrations_, options}.run();
}

std::string PostgresSchema::migration_script() {
  const std::string& schema = database_.options().schema;
  std::string script;
  const int first = read_schema_version(database_);
  for (int version = first; version < newest_version(); ++version) {
    const Migration migration = migration_to(migrations_, version + 1);
    if (migration.is_outside_transaction()) {
      script += migration.script(schema) + "\n" + note_script(migration, schema);
      continue;
    }
    script += "begin;\n" + lock_timeout_script() + "\n";
    if (version == 0) script += with_schema(sql::create_schema.text, schema) + ";\n\n";
    script += migration.script(schema) + "\n" + note_script(migration, schema) + "\ncommit;\n";
  }
  return script;
}

void PostgresSchema::reset() {
  // Whose tables they are is found out first: nobody else's are touched.
  if (read_schema_version(database_) == 0) return;
  MigrationSession session(database_.options());
  session.run("begin", "begin");
  if (!session.try_lock(sql::lock_migrations)) {
    throw Error{ErrorCode::kBusy,
                "another program is migrating these tables; try again later",
                {.retryable = true, .backend = "postgresql"}};
  }
  session.run(sql::drop_tables);
  session.run("commit", "commit");
}

std::string PostgresSchema::grant_script(StoreGrant what, std::string_view role) {
  check_schema_version(database_, migrations_);
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
  try {
    session.run(script, grant_file(what).name);  // one transaction
  } catch (const Error& error) {
    // An object that is not there: the tables are, so it is the role.
    if (error.native_code() != "42704") throw;
    throw Error{ErrorCode::kNotFound,
                fmt::format("the role {0} does not exist on the server of {1}; make it with "
                            "`CREATE ROLE {0} LOGIN`, or name another",
                            quoted_role(role), redacted(database_.options().url)),
                {.backend = "postgresql", .native_code = error.native_code()}};
  }
}

}  // namespace stint::postgres
